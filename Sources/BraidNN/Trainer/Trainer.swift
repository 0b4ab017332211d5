import BraidCore
import BraidOperators
import BraidRuntime
import Synchronization

/// Applies an optimiser to the parameters of a network after each `backward()`.
///
/// `step` may be part of a hybridized training step: what it keeps between steps are parameters, too.
public final class Trainer: Sendable {
    private let parameters: ParameterList
    private let optimizer: Optimizer
    /// The number of steps taken, f64 [].
    private let stepCount = Parameter(NDArray(Double(0)))
    /// Optimiser state per parameter, made at its first step.
    private let states: Mutex<[[Parameter]?]>

    /// A trainer of `parameters`.
    public init(_ parameters: ParameterList, _ optimizer: Optimizer) {
        self.parameters = parameters
        self.optimizer = optimizer
        states = Mutex(Array(repeating: nil, count: parameters.count))
    }

    /// Moves every parameter along its gradient, scaled by one over the batch size. Parameters with
    /// `gradientMode` `.none` stay.
    /// - Precondition: every other parameter has a gradient, and `batchSize` is positive.
    public func step(batchSize: Int) {
        ArrayError.check(
            batchSize > 0, in: "trainer", "the batch size \(batchSize) is not positive")
        step { element in
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
        step { _ in
            let gradient = next.next()!
            return gradient * scale.cast(to: gradient.dtype)
        }
    }

    private func step(along slope: (ParameterList.Element) -> NDArray) {
        stepCount.update { $0 += 1 }
        let step = stepCount.wrappedValue
        for (index, element) in parameters.enumerated() {
            let parameter = element.parameter
            if parameter.gradientMode == .none { continue }
            let slope = slope(element)
            let state = state(of: parameter, at: index)
            parameter.update { optimizer.rule.update(&$0, slope, state, step: step) }
        }
    }

    private func state(of parameter: Parameter, at index: Int) -> [Parameter] {
        states.withLock { states in
            if let known = states[index] { return known }
            // Zeros from outside every scope: a trace must see a parameter, not a value of its own.
            let fresh = Scopes.with(.outside) {
                (0..<optimizer.rule.stateCount).map { _ in
                    Parameter(.zeros(parameter.shape ?? [], dtype: parameter.dtype))
                }
            }
            states[index] = fresh
            return fresh
        }
    }
}
