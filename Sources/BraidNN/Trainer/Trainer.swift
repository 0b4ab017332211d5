import BraidCore
public import BraidEngine
import BraidOperators
import BraidPlatform
package import BraidRuntime

/// Applies an optimiser to the parameters of a network after each `backward()`.
///
/// A step moves the parameters that have new gradients, and uses them up: one that the loss did not depend
/// on stays as it is, with its state. A parameter has one trainer at a time.
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
    let allowsUntrained: Bool
    private let requiresAllGradients: Bool
    private let schedule: LearningRateSchedule?
    private let clipping: GradientClipping?
    private let multipliers: [(learningRate: Double, weightDecay: Double)]
    /// The parameters that no other trainer had.
    private let own: [Parameter]
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
    ///   - allowingUntrained: whether losses may depend on parameters that are neither frozen nor any
    ///     trainer's. It is a mistake otherwise, since a block that stands in a closure, say, is not found
    ///     by `parameters` and would not be trained.
    ///   - requiringAllGradients: whether it is a mistake when a loss does not depend on all parameters
    ///     that are not frozen.
    /// - Precondition: there are parameters, no other trainer that is alive has any of them, and every
    ///   multiplier fits a parameter's name.
    public init(
        _ parameters: ParameterList, _ optimizer: Optimizer,
        schedule: LearningRateSchedule? = nil, clipping: GradientClipping? = nil,
        multipliers: [ParameterMultipliers] = [], allowingUntrained: Bool = false,
        requiringAllGradients: Bool = false, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = Self.check(fileID, line)
        clipping?.check(fileID, line)
        self.parameters = parameters
        self.optimizer = optimizer
        self.schedule = schedule
        self.clipping = clipping
        self.multipliers = ParameterMultipliers.resolve(multipliers, for: parameters, check)
        allowsUntrained = allowingUntrained
        requiresAllGradients = requiringAllGradients
        rate = Parameter(NDArray(optimizer.learningRate))
        knownRate = Locked(optimizer.learningRate)
        states = Locked(Array(repeating: nil, count: parameters.count))
        let isOwn = parameters.map { $0.parameter.beginTraining() }
        own = zip(parameters, isOwn).filter { $1 }.map(\.0.parameter)
        if parameters.isEmpty {
            check.reportState("no parameter is to be trained; \(parameters.nameListing)")
        }
        if own.count < parameters.count {
            let others = zip(parameters, isOwn).filter { !$1 }.map(\.0.name)
            check.reportState(
                "another trainer, which is still alive, moves \(ParameterList.listing(others)); give each "
                    + "its own parameters, or let go of the first one before")
        }
    }

    deinit { for parameter in own { parameter.endTraining() } }

    /// The learning rate before the schedule and the multipliers. It may be set at any time outside of
    /// hybridized functions, which go on with the new one.
    /// - Precondition: it is not negative.
    public var learningRate: Double {
        get { knownRate.withLock { $0 } }
        set {
            let check = ArgumentCheck(Self.name)
            guard
                check.numbers(notNegative: ["learning rate": newValue]),
                check.require(
                    Scopes.current?.trace == nil,
                    "the learning rate is set in a hybridized function, which would happen once, when "
                        + "it is traced; use a schedule")
            else { return }
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

    /// Moves every parameter that has a new gradient along it, scaled by one over the batch size.
    ///
    /// The losses of a batch, one for each sample, stand for their sum in `backward()`, which this makes a
    /// mean of. A loss that is a mean already goes with `step()`, which `batchSize` above 1 is a mistake for;
    /// so does a sum that is divided by an array (`losses.sum() / mask.sum()`), though that cannot be told from
    /// a weighted sum and is divided once more without a word. Parameters with the `gradientMode` `.none`
    /// stay, and so do those without a new gradient: what a step has used is not new any more.
    ///
    /// After a mistake nothing has moved.
    /// - Parameter batchSize: what gradients are divided by; 1 leaves them as they are.
    /// - Precondition: some parameter has a new gradient, from losses that are not averaged over a batch
    ///   if `batchSize` is above 1; what else the initialiser says.
    public func step(
        batchSize: Int = 1, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = Self.check(fileID, line)
        guard
            check.require(batchSize > 0, "the batch size \(batchSize) is not positive"),
            let moved = newGradients(batchSize: batchSize, check)
        else { return }
        let factor = 1 / Double(batchSize)
        let gradients = moved.gradients.map { batchSize == 1 ? $0 : $0 * factor }
        for index in moved.places { parameters[index].parameter.useGradient() }
        // Where one of the gradients has failed, nothing changes.
        GuardedChanges.run(dependingOn: gradients, keeping: changed(byStepsAt: moved.places)) {
            move(moved.places, along: gradients)
        }
    }

    /// What a step changes that moves the parameters at these places: the number of steps, the parameters
    /// and the optimiser's state.
    package func changed(byStepsAt places: some Sequence<Int>) -> [Parameter] {
        [stepCount] + places.flatMap { [parameters[$0].parameter] + state(at: $0) }
    }

    /// Moves the parameters at these places along the given gradients. Whoever calls it guards what changes.
    func move(_ moved: [Int], along slopes: [NDArray]) {
        // One update, so that of steps at the same time no two have the same count.
        let (rate, count) = stepCount.update { (count: inout NDArray) -> (NDArray, NDArray) in
            let rate = self.rate(after: count)
            count += 1
            return (rate, count)
        }
        let slopes = clipping?(slopes) ?? slopes
        for (index, slope) in zip(moved, slopes) { move(index, along: slope, rate, count) }
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
        if let known = states.withLock({ $0[index] }) { return known }
        // From outside every scope: a trace must see a parameter, not a value of its own. And outside of
        // the lock, as it may wait for the engine; of two at the same time the first is kept.
        let fresh = Scopes.with(.unrecorded) { initialState(at: index).map { Parameter($0.value) } }
        return states.withLock { states in
            if let known = states[index] { return known }
            states[index] = fresh
            return fresh
        }
    }
}

/// What a step looks at before it moves anything.
extension Trainer {
    private static let name = "trainer"

    private static func check(_ fileID: StaticString, _ line: UInt) -> ArgumentCheck {
        ArgumentCheck(name, fileID, line)
    }

    /// Whether there is anything to move; reports it if not.
    func hasTrained(_ check: ArgumentCheck) -> Bool {
        if parameters.contains(where: { $0.parameter.gradientMode != .none }) { return true }
        check.reportState(
            "every parameter is frozen, so that nothing would be trained; \(parameters.nameListing)"
        )
        return false
    }

    /// Whether these are all that are to be moved, if that is asked for.
    func checkAll(_ moved: [Int], _ check: ArgumentCheck) -> Bool {
        guard requiresAllGradients else { return true }
        let isMoved = Set(moved)
        let missing = parameters.indices.filter {
            parameters[$0].parameter.gradientMode != .none && !isMoved.contains($0)
        }
        if missing.isEmpty { return true }
        check.reportState(
            "the loss does not depend on \(ParameterList.listing(missing.map { parameters[$0].name })), and "
                + "all gradients are required")
        return false
    }

    /// Whether a loss depends on no parameters that nobody trains, unless they are allowed.
    func checkUntrained(_ untrained: [Parameter], _ check: ArgumentCheck) -> Bool {
        if allowsUntrained || untrained.isEmpty { return true }
        let types = untrained.map { parameter in
            parameter.shape.map { "\(TensorType(parameter.dtype, $0))" } ?? "\(parameter.dtype)"
        }
        check.reportState(
            "the loss depends on \(untrained.count) parameter\(untrained.count == 1 ? "" : "s") that no "
                + "trainer has (\(ParameterList.listing(types))); blocks in closures are not found by "
                + "`parameters`: make them stored properties, or freeze what is to stay as it is, or pass "
                + "allowingUntrained: true")
        return false
    }

    /// The places of the parameters that have new gradients, and those; nil after a mistake.
    private func newGradients(
        batchSize: Int, _ check: ArgumentCheck
    ) -> (places: [Int], gradients: [NDArray])? {
        guard hasTrained(check) else { return nil }
        var moved: (places: [Int], gradients: [NDArray]) = ([], [])
        var origins: [GradientOrigin] = []
        var isMean = false
        for (index, element) in parameters.enumerated()
        where element.parameter.gradientMode != .none {
            let news = element.parameter.gradientNews
            guard news.isNew, let gradient = element.parameter.gradient else { continue }
            moved.places.append(index)
            moved.gradients.append(gradient)
            guard let origin = news.origin else { continue }
            if origins.last !== origin, !origins.contains(where: { $0 === origin }) {
                origins.append(origin)
            }
            // A sum of so many means becomes their mean.
            if news.count == 1 || news.count != batchSize {
                isMean = isMean || origin.reduction.isMean(over: batchSize)
            }
        }
        if moved.places.isEmpty {
            let isUsed = parameters.contains { $0.parameter.gradient != nil }
            check.reportState(
                isUsed
                    ? "no parameter has a new gradient, those of the last backward() were used by an earlier "
                        + "step; call backward() on a loss that depends on \(parameters[0].name) or others"
                    : "parameter \(parameters[0].name) has no gradient, nor has any other; call backward() on "
                        + "a loss that uses them, or set their gradientMode to .none")
            return nil
        }
        if isMean {
            check.reportState(
                "step(batchSize: \(batchSize)) divides by the batch size, but the loss is a mean over the "
                    + "batch already; call step(), or backward() on the losses of the samples or their sum"
            )
            return nil
        }
        guard checkAll(moved.places, check),
            checkUntrained(origins.flatMap(\.untrainedParameters), check)
        else { return nil }
        return moved
    }
}
