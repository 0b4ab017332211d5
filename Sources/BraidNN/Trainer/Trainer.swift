import BraidCore
import BraidOperators
import BraidRuntime
import Synchronization

/// Applies an optimiser to the parameters of a network after each `backward()`.
public final class Trainer: Sendable {
    private struct State {
        var step = 0
        /// Optimiser state per parameter, made at its first step.
        var slots: [[NDArray]?]
    }

    private let parameters: ParameterList
    private let optimizer: Optimizer
    private let state: Mutex<State>

    /// A trainer of `parameters`.
    public init(_ parameters: ParameterList, _ optimizer: Optimizer) {
        self.parameters = parameters
        self.optimizer = optimizer
        state = Mutex(State(slots: Array(repeating: nil, count: parameters.count)))
    }

    /// Moves every parameter along its gradient, scaled by one over the batch size. Parameters with
    /// `gradientMode` `.none` stay.
    /// - Precondition: every other parameter has a gradient, and `batchSize` is positive.
    public func step(batchSize: Int) {
        ArrayError.check(
            batchSize > 0, in: "trainer", "the batch size \(batchSize) is not positive")
        state.withLock { state in
            state.step += 1
            for (index, element) in parameters.enumerated() {
                let parameter = element.parameter
                if parameter.gradientMode == .none { continue }
                guard let gradient = parameter.gradient else {
                    ArrayError(
                        .invalidState, in: "trainer",
                        "parameter \(element.name) has no gradient; call backward() on a loss that "
                            + "uses it, or set its gradientMode to .none"
                    ).trap()
                }
                let slope = batchSize == 1 ? gradient : gradient * (1 / Double(batchSize))
                parameter.update { weight in
                    if state.slots[index] == nil {
                        state.slots[index] = optimizer.rule.makeState(for: weight)
                    }
                    optimizer.rule.update(
                        &weight, slope, &state.slots[index]!, step: state.step)
                }
            }
        }
    }
}
