/// A function on arrays.
///
/// The struct is the schema: its stored properties are its attributes, hashed for common
/// subexpressions and encoded in graph files (decode new attributes with a default). Inference,
/// kernel call, gradient, documentation and the user-facing functions stand together in one file.
public protocol Operator: Hashable, Codable, Sendable {
    /// The name in graph files, error messages and profiles: lower case, words joined by `_`.
    static var name: String { get }
    /// What messages call the operator: its name, or that of the function that it applies.
    var title: String { get }
    /// What passes and the runtime may assume.
    static var traits: OperatorTraits { get }
    /// How many inputs the operator takes; nil for any number.
    static var arity: Int? { get }

    /// The type of the one output.
    /// - Throws: `ArrayError` when the operands do not fit.
    func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType
    /// The types of all outputs; operators with one output keep the default.
    /// - Throws: `ArrayError` when the operands do not fit.
    func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType]

    /// Bytes of scratch memory that `evaluate` gets; planned ahead, 64-byte aligned.
    func scratchByteCount(for inputs: Span<TensorType>) -> Int
    /// About how many scalar operations one call takes; decides whether it runs at once.
    func cost(for inputs: Span<TensorType>, output: TensorType) -> Int

    /// Computes the outputs, which are dense; inputs may have any strides unless the operator has
    /// the `denseInputs` trait. Cannot fail and allocates no tensor memory.
    func evaluate(_ context: borrowing KernelContext)
    /// Looks at what only data show, before `evaluate`: an index or a label outside its range. Asked of
    /// operators with the `checksValues` trait alone; where it throws, `evaluate` is not called, and the
    /// outputs, with what depends on them, carry the error. By default it looks at the inputs that have
    /// an `indexBound`.
    /// - Throws: `ArrayError` that names the lowest bad position (`KernelContext.lowestPosition`), what
    ///   is there and what was expected.
    func checkValues(_ context: borrowing KernelContext) throws(ArrayError)

    /// For an input of indices, how many there are to choose from; nil when they may be anything.
    func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int?

    /// Whether an output may be written over an input that is used no more, when both are dense, of
    /// one shape and of one element size.
    func mayOverwrite(input: Int, with output: Int) -> Bool

    /// The layout in which the first input's storage already holds the output, or nil when a copy is
    /// needed. Only operators with the `view` trait are asked.
    func view(of input: Layout) -> Layout?

    /// Which forward values the gradient reads (types are always there).
    var gradientNeeds: GradientNeeds { get }
    /// The cotangents of the inputs, as symbols over forward values and output cotangents; nil for an
    /// input through which nothing flows.
    func gradient(_ context: GradientContext) -> [Symbol?]
}

/// What passes and the runtime may assume of an operator.
public struct OperatorTraits: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Traits from bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Each output element depends on the input elements at the same (broadcast) index only.
    public static var pointwise: OperatorTraits { OperatorTraits(rawValue: 1 << 0) }
    /// The output may be written over the first input when that is used no more.
    public static var mayReuseFirstInput: OperatorTraits { OperatorTraits(rawValue: 1 << 1) }
    /// The output is (often) a view of the first input.
    public static var view: OperatorTraits { OperatorTraits(rawValue: 1 << 2) }
    /// Nothing flows backward: the gradient is nil for every input.
    public static var notDifferentiable: OperatorTraits { OperatorTraits(rawValue: 1 << 3) }
    /// The output depends on a key operand drawn from the random source.
    public static var random: OperatorTraits { OperatorTraits(rawValue: 1 << 4) }
    /// `evaluate` takes dense inputs only; whoever runs the operator copies others first, so that
    /// the copy is planned like any other value.
    public static var denseInputs: OperatorTraits { OperatorTraits(rawValue: 1 << 5) }
    /// Whoever runs the operator calls `checkValues` first.
    public static var checksValues: OperatorTraits { OperatorTraits(rawValue: 1 << 6) }
}

/// Which forward values a gradient rule reads.
public struct GradientNeeds: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Needs from bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The values of the inputs.
    public static var inputs: GradientNeeds { GradientNeeds(rawValue: 1) }
    /// The values of the outputs.
    public static var outputs: GradientNeeds { GradientNeeds(rawValue: 2) }
}

extension Operator {
    /// The name.
    public var title: String { Self.name }
    /// No traits.
    public static var traits: OperatorTraits { [] }

    /// The one output's type in an array.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        [try output(for: inputs)]
    }
    /// No scratch.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int { 0 }
    /// One operation per output element.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int { output.count }
    /// No input of indices.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? { nil }
    /// The first input with the `mayReuseFirstInput` trait, every input of pointwise operators.
    public func mayOverwrite(input: Int, with output: Int) -> Bool {
        Self.traits.contains(.pointwise)
            || (input == 0 && output == 0 && Self.traits.contains(.mayReuseFirstInput))
    }
    /// Never a view.
    public func view(of input: Layout) -> Layout? { nil }
    /// Inputs and outputs.
    public var gradientNeeds: GradientNeeds { [.inputs, .outputs] }
    /// Nothing flows backward.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [Symbol?](repeating: nil, count: context.inputs.count)
    }
}

/// What a gradient rule is given.
public struct GradientContext {
    /// The forward inputs.
    public let inputs: [Symbol]
    /// The forward outputs.
    public let outputs: [Symbol]
    /// The cotangent of each output; nil where nothing flows into it.
    public let cotangents: [Symbol?]

    /// A context from its parts.
    public init(inputs: [Symbol], outputs: [Symbol], cotangents: [Symbol?]) {
        self.inputs = inputs
        self.outputs = outputs
        self.cotangents = cotangents
    }

    /// The cotangent of the one output.
    /// - Precondition: the operator has one output (the rule is only called when something flows).
    public var cotangent: Symbol { cotangents[0]! }
    /// The one output.
    public var output: Symbol { outputs[0] }
}
