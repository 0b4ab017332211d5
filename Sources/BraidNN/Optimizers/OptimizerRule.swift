public import BraidCore
import BraidOperators
public import BraidRuntime

/// How one weight moves: the state that belongs to it, and a step. Steps compute with arrays only, so
/// that they can be traced.
///
/// ```swift
/// struct SignDescent: OptimizerRule {
///     let name = "sign"
///     func update(_ weight: inout NDArray, _ step: OptimizerStep) {
///         step.move(&weight, against: step.gradient.sign())
///     }
/// }
/// let trainer = Trainer(network.parameters, Optimizer(SignDescent(), learningRate: 0.01))
/// ```
public protocol OptimizerRule: Sendable {
    /// What files and messages call the rule.
    var name: String { get }
    /// Whether `update` looks after the weight decay; gradients come with `weightDecay · weight` added
    /// when not, which is the default.
    var appliesWeightDecay: Bool { get }
    /// Names and first values of the arrays that belong to a weight of this type; none unless said
    /// otherwise.
    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray>
    /// Moves `weight` in place.
    func update(_ weight: inout NDArray, _ step: OptimizerStep)
}

extension OptimizerRule {
    /// Gradients come with the decay.
    public var appliesWeightDecay: Bool { false }
    /// Nothing.
    public func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> { [:] }
}

/// What a rule knows at one step of one weight.
public struct OptimizerStep: Sendable {
    /// The gradient, of the weight's type, after scaling and clipping.
    public let gradient: NDArray
    /// The weight's state, in the order of `initialState(for:)`, to be changed where it is.
    public let state: [Parameter]
    /// Which step it is, f64 []: 1 at first.
    public let count: NDArray
    /// The learning rate of this step and this weight, f64 [].
    public let learningRate: NDArray
    /// The weight's decay.
    public let weightDecay: Double

    /// `weight ← weight - learningRate · direction`.
    public func move(_ weight: inout NDArray, against direction: NDArray) {
        weight -= direction * learningRate.cast(to: weight.dtype)
    }

    /// `weight ← (1 - learningRate · weightDecay) weight`: decay that no gradient is mixed with.
    public func decay(_ weight: inout NDArray) {
        if weightDecay != 0 {
            weight *= (1 - learningRate * weightDecay).cast(to: weight.dtype)
        }
    }

    /// What a running mean that started at 0 has gathered of the whole, f64 []: `1 - decay^count`.
    public func share(ofMeanWithDecay decay: Double) -> NDArray {
        // In f64, because late steps leave hardly more than the rounding of 1.
        1 - NDArray.power(decay, count)
    }
}

extension Parameter {
    /// `value ← decay · value + (1 - decay) · sample`.
    func average(in sample: NDArray, decay: Double) {
        update {
            $0 *= decay
            $0 += sample * (1 - decay)
        }
    }
}

extension NDArray {
    /// Zeros of a type.
    static func zeros(_ type: TensorType) -> NDArray { .zeros(type.shape, dtype: type.dtype) }
}
