import BraidCore
public import BraidEngine
import BraidOperators
import BraidPlatform
package import BraidRuntime

/// Applies an optimiser to the parameters of a network after each `backward()`.
///
/// `step` may be part of a hybridized training step: what it keeps between steps are parameters, too.
///
/// ```swift
/// let trainer = Trainer(
///     network.parameters, .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4),
///     schedule: .cosine(steps: 10_000).warmedUp(over: 500), clipping: .globalNorm(1))
/// ```
public final class Trainer: Sendable {
    let parameters: ParameterList
    let optimizer: Optimizer
    private let schedule: LearningRateSchedule?
    private let clipping: GradientClipping?
    private let multipliers: [(learningRate: Double, weightDecay: Double)]
    /// The number of steps taken, f64 [].
    let stepCount = Parameter(NDArray(Double(0)))
    /// The learning rate before the schedule, f64 [].
    private let rate: Parameter
    private let knownRate: Locked<Double>
    /// Optimiser state per parameter, made at its first step.
    let states: Locked<[[Parameter]?]>

    /// A trainer of `parameters`.
    /// - Parameters:
    ///   - schedule: what the learning rate is multiplied by from step to step.
    ///   - clipping: how gradients are kept small.
    ///   - multipliers: what the learning rate and the weight decay of some parameters are multiplied
    ///     by; the factors of all that fit a name count.
    /// - Precondition: every multiplier fits a parameter's name.
    public init(
        _ parameters: ParameterList, _ optimizer: Optimizer,
        schedule: LearningRateSchedule? = nil, clipping: GradientClipping? = nil,
        multipliers: [ParameterMultipliers] = []
    ) {
        clipping?.check()
        self.parameters = parameters
        self.optimizer = optimizer
        self.schedule = schedule
        self.clipping = clipping
        self.multipliers = ParameterMultipliers.resolve(multipliers, for: parameters)
        rate = Parameter(NDArray(optimizer.learningRate))
        knownRate = Locked(optimizer.learningRate)
        states = Locked(Array(repeating: nil, count: parameters.count))
    }

    /// The learning rate before the schedule and the multipliers. It may be set at any time outside of
    /// hybridized functions, which go on with the new one.
    /// - Precondition: it is not negative.
    public var learningRate: Double {
        get { knownRate.withLock(\.self) }
        set {
            ArrayError.check(
                newValue >= 0, in: "trainer", "the learning rate \(newValue) is negative")
            ArrayError.check(
                Scopes.current?.trace == nil, in: "trainer",
                "the learning rate is set in a hybridized function, which would happen once, when "
                    + "it is traced; use a schedule")
            knownRate.withLock { $0 = newValue }
            rate.wrappedValue = NDArray(newValue)
        }
    }

    /// The learning rate that the next step will have by the schedule.
    /// - Throws: `EngineError` when a step before failed.
    public func nextLearningRate() throws(EngineError) -> Double {
        try rate(after: stepCount.wrappedValue).scalar(as: Double.self)
    }

    private func rate(after steps: NDArray) -> NDArray {
        let rate = rate.wrappedValue
        return schedule.map { rate * $0(after: steps) } ?? rate
    }

    /// Moves every parameter along its gradient, scaled by one over the batch size. Parameters with
    /// `gradientMode` `.none` stay.
    /// - Precondition: every other parameter has a gradient, and `batchSize` is positive.
    public func step(batchSize: Int) {
        ArrayError.check(
            batchSize > 0, in: "trainer", "the batch size \(batchSize) is not positive")
        step(with: trained.compactMap(\.gradient)) { element in
            guard let gradient = element.parameter.gradient else {
                ArrayError(
                    .invalidState, in: "trainer",
                    "parameter \(element.name) has no gradient; call backward() on a loss that "
                        + "uses it, or set its gradientMode to .none"
                ).trap()
            }
            return batchSize == 1 ? gradient : gradient * (1 / Double(batchSize))
        }
    }

    /// The parameters that steps move.
    var trained: [Parameter] {
        parameters.map(\.parameter).filter { $0.gradientMode != .none }
    }

    /// Moves the `trained` parameters along the given gradients, each times `scale`, f64 [].
    func step(_ gradients: [NDArray], scale: NDArray) {
        var next = gradients.makeIterator()
        step(with: gradients) { _ in
            let gradient = next.next()!
            return gradient * scale.cast(to: gradient.dtype)
        }
    }

    /// What a step changes: the number of steps, the trained parameters and the optimiser's state.
    package var changedBySteps: [Parameter] {
        let moved = parameters.indices.filter { parameters[$0].parameter.gradientMode != .none }
        return [stepCount] + moved.flatMap { [parameters[$0].parameter] + state(at: $0) }
    }

    /// - Parameter gradients: where one of them has failed, nothing changes.
    private func step(
        with gradients: [NDArray], along slope: (ParameterList.Element) -> NDArray
    ) {
        GuardedChanges.run(dependingOn: gradients, keeping: changedBySteps) {
            let rate = rate(after: stepCount.wrappedValue)
            stepCount.update { $0 += 1 }
            let count = stepCount.wrappedValue
            let moved = parameters.indices.filter {
                parameters[$0].parameter.gradientMode != .none
            }
            guard let clipping else {
                for index in moved { move(index, along: slope(parameters[index]), rate, count) }
                return
            }
            let slopes = clipping(moved.map { slope(parameters[$0]) })
            for (index, slope) in zip(moved, slopes) { move(index, along: slope, rate, count) }
        }
    }

    private func move(_ index: Int, along slope: NDArray, _ rate: NDArray, _ count: NDArray) {
        let parameter = parameters[index].parameter
        let (rateFactor, decayFactor) = multipliers[index]
        let decay = optimizer.weightDecay * decayFactor
        let state = state(at: index)
        parameter.update { weight in
            let isMixed = decay != 0 && !optimizer.rule.appliesWeightDecay
            optimizer.rule.update(
                &weight,
                OptimizerStep(
                    gradient: isMixed ? slope + weight * decay : slope, state: state,
                    count: count, learningRate: rateFactor == 1 ? rate : rate * rateFactor,
                    weightDecay: decay))
        }
    }

    /// Names and first values of a parameter's state.
    /// - Precondition: the parameter's shape is known.
    func initialState(at index: Int) -> KeyValuePairs<String, NDArray> {
        let parameter = parameters[index].parameter
        return optimizer.rule.initialState(for: TensorType(parameter.dtype, parameter.shape!))
    }

    private func state(at index: Int) -> [Parameter] {
        states.withLock { states in
            if let known = states[index] { return known }
            // From outside every scope: a trace must see a parameter, not a value of its own.
            let fresh = Scopes.with(.unrecorded) {
                initialState(at: index).map { Parameter($0.value) }
            }
            states[index] = fresh
            return fresh
        }
    }
}
