import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// How the learning rate changes from step to step, as a factor of the rate that the trainer has. It is
/// computed with arrays from the number of steps taken, so that a hybridized step need not be traced
/// again when the rate changes.
///
/// ```swift
/// let trainer = Trainer(
///     network.parameters, .adamW(learningRate: 3e-4),
///     schedule: .cosine(steps: 9000).warmedUp(over: 1000))
/// ```
public struct LearningRateSchedule: Sendable {
    private let factor: @Sendable (NDArray) -> NDArray

    /// A schedule of your own: from the number of steps taken, f64 [] and 0 at the first step, to the
    /// factor of the next step, f64 []. It computes with arrays and does not read them.
    public init(_ factor: @escaping @Sendable (NDArray) -> NDArray) { self.factor = factor }

    /// The factor of the step that follows so many, f64 [] of f64 [].
    public func callAsFunction(after steps: NDArray) -> NDArray { factor(steps) }

    /// The factor of the step that follows so many.
    /// - Throws: `EngineError` when a schedule of your own cannot be computed.
    /// - Precondition: `steps` is not negative.
    public func callAsFunction(
        after steps: Int, fileID: StaticString = #fileID, line: UInt = #line
    ) throws(EngineError) -> Double {
        let isStep = Self.check(fileID, line).require(
            steps >= 0, "the steps, \(steps), are negative")
        guard isStep else { return .nan }
        return try factor(NDArray(Double(steps))).scalar(
            as: Double.self, fileID: fileID, line: line)
    }
}

extension LearningRateSchedule {
    /// Always 1.
    public static let constant = LearningRateSchedule { _ in .ones([], dtype: .f64) }

    /// Times `factor` after every `interval` steps, but not below `minimum`.
    /// - Precondition: `factor` and `minimum` are not negative, and `interval` is positive.
    public static func factor(
        _ factor: Double, every interval: Int, notBelow minimum: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> LearningRateSchedule {
        let check = Self.check(fileID, line)
        check.numbers(notNegative: ["factor": factor, "minimum": minimum])
        check.require(interval > 0, "the interval \(interval) is not positive")
        return LearningRateSchedule { steps in
            let decays = steps.floorDivided(by: Double(interval))
            return maximum(NDArray.power(factor, decays), minimum)
        }
    }

    /// Times `factor` after each of these numbers of steps.
    /// - Precondition: neither `factor` nor a milestone is negative.
    public static func multiFactor(
        _ factor: Double, at milestones: [Int],
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> LearningRateSchedule {
        let check = Self.check(fileID, line)
        check.numbers(notNegative: ["factor": factor])
        for milestone in milestones {
            check.require(milestone >= 0, "the milestone \(milestone) is negative")
        }
        return LearningRateSchedule { steps in
            milestones.reduce(.ones([], dtype: .f64)) { product, milestone in
                let isPast = steps .>= Double(milestone)
                return product
                    * select(isPast, .full([], factor, dtype: .f64), .ones([], dtype: .f64))
            }
        }
    }

    /// `final + (1 - final) (1 - t / steps)^power`, and `final` from `steps` on.
    /// - Precondition: `steps` and `power` are positive, and `final` is not negative.
    public static func polynomial(
        steps: Int, power: Double = 1, final: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> LearningRateSchedule {
        let check = Self.check(fileID, line)
        check.require(power > 0 && power.isFinite, "the power \(power) is not above 0 and finite")
        return falling(over: steps, to: final, check) { progress in (1 - progress).power(power) }
    }

    /// Half a wave of the cosine from 1 down to `final`, and `final` from `steps` on (Loshchilov and
    /// Hutter, ICLR 2017, without restarts).
    /// - Precondition: `steps` is positive and `final` is not negative.
    public static func cosine(
        steps: Int, final: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> LearningRateSchedule {
        falling(over: steps, to: final, check(fileID, line)) { progress in
            ((progress * .pi).cos() + 1) * 0.5
        }
    }

    private static func falling(
        over steps: Int, to final: Double, _ check: ArgumentCheck,
        _ shape: @escaping @Sendable (NDArray) -> NDArray
    ) -> LearningRateSchedule {
        check.require(steps > 0, "the steps, \(steps), are not positive")
        check.numbers(notNegative: ["final": final])
        return LearningRateSchedule { taken in
            shape(minimum(taken, Double(steps)) / Double(steps)) * (1 - final) + final
        }
    }

    private static func check(_ fileID: StaticString, _ line: UInt) -> ArgumentCheck {
        ArgumentCheck("learning-rate schedule", fileID, line)
    }
}

extension LearningRateSchedule {
    /// How a warm-up goes.
    public enum WarmUp: Hashable, Sendable {
        /// In a straight line from a factor to 1.
        case linear(from: Double = 0)
        /// At one factor.
        case constant(Double)
    }

    /// This schedule after a warm-up of so many steps: its own first step is the first one after them.
    /// - Precondition: `steps` is not negative.
    public func warmedUp(
        over steps: Int, _ warmUp: WarmUp = .linear(),
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> LearningRateSchedule {
        let check = Self.check(fileID, line)
        check.require(steps >= 0, "the steps of the warm-up, \(steps), are negative")
        switch warmUp {
        case .linear(let start):
            check.numbers(notNegative: ["start of the warm-up": start])
        case .constant(let factor):
            check.numbers(notNegative: ["factor of the warm-up": factor])
        }
        if steps <= 0 { return self }
        let length = Double(steps)
        return LearningRateSchedule { taken in
            let first =
                switch warmUp {
                case .linear(let start): taken * ((1 - start) / length) + start
                case .constant(let factor): NDArray.full([], factor, dtype: .f64)
                }
            return select(taken .< length, first, factor(maximum(taken - length, 0)))
        }
    }
}
