public import BraidCore

/// How a graph runs: steps in an order that fits, and where every value lies.
///
/// Plain data, enough to execute without the graph. Steps may run in any order, also at the same time,
/// in which each comes after its `dependencies`; values share memory only where that is safe in all of
/// these orders. Values that are views of others have no step.
public struct ExecutionPlan: Sendable {
    /// A piece of memory.
    public enum Place: Hashable, Sendable {
        /// Of the array that the call gives for an input of the graph.
        case input(Int)
        /// Of a constant.
        case constant(Int)
        /// Of a buffer that the call allocates for what it returns.
        case output(Int)
        /// In the arena, so many bytes from its beginning.
        case arena(Int)
    }

    /// A value as a step reads or writes it.
    public struct Operand: Equatable, Sendable {
        /// The memory.
        public let place: Place
        /// The element type.
        public let dtype: DType
        /// Where in the memory the elements stand; dense from the beginning for results.
        public let layout: Layout
        /// Whether the elements stand in row-major order without gaps.
        public let isDense: Bool

        init(place: Place, dtype: DType, layout: Layout) {
            self.place = place
            self.dtype = dtype
            self.layout = layout
            isDense = layout.isDense
        }

        /// Dtype and shape.
        public var type: TensorType { TensorType(dtype, layout.shape) }
    }

    /// One call of an operator's kernel.
    public struct Step: Sendable {
        /// The node of the graph for which the step runs. Dense copies of operands are steps of their
        /// own for the node that takes them.
        public let node: Int
        /// The operator.
        public let op: any Operator
        /// What it reads.
        public let operands: [Operand]
        /// What it writes.
        public let results: [Operand]
        /// Bytes of scratch memory that the operator asks for.
        public let scratchByteCount: Int
        /// Where in the arena the scratch memory begins; 0 when there is none.
        public let scratchOffset: Int
        /// About how many scalar operations the step takes.
        public let cost: Int
        /// The steps, all before this one, that must be done first; ascending, each once.
        public let dependencies: [Int]
        /// Those of them whose results the step reads; the others only come first.
        public let producers: [Int]
        /// Whether the operator looks at values that only data show, and may refuse them.
        public let checksValues: Bool
        /// For each result of a guarded step, whether it is the new value of an input that keeps its old one
        /// when the call fails; none otherwise.
        public let keepsOnFailure: [Bool]
        /// Whether the step makes such a value.
        public var isGuarded: Bool { !keepsOnFailure.isEmpty }
    }

    /// An input of the graph whose array an output replaces: a captured parameter that is updated.
    public struct Update: Hashable, Sendable {
        /// Which output.
        public let output: Int
        /// Which input.
        public let input: Int
        /// Whether the input keeps its value when the output, or another update of the call, fails.
        public let keepsOnFailure: Bool

        /// An update.
        public init(output: Int, replaces input: Int, keepsOnFailure: Bool = false) {
            self.output = output
            self.input = input
            self.keepsOnFailure = keepsOnFailure
        }
    }

    /// The steps, each after those it depends on.
    public let steps: [Step]
    /// The steps that check values before any guarded one runs: where one refuses, none of those runs.
    public let guards: [Int]
    /// The inputs that guarded steps depend on and that no update replaces, ascending.
    public let guardingInputs: [Int]
    /// Where the elements of the inputs stand in their arrays.
    public let inputs: [Operand]
    /// For each input, whether an output is written over its array.
    public let isReplaced: [Bool]
    /// For each input, whether its elements matter: a step reads them, or a call returns them.
    public let isRead: [Bool]
    /// The constants.
    public let constants: [Graph.Constant]
    /// The dense arrays to allocate for what a call returns.
    public let outputBuffers: [TensorType]
    /// What a call returns, views of `outputBuffers`, inputs and constants. Several may be views of the
    /// same.
    public let outputs: [Operand]
    /// The values in the arena.
    public let memory: MemoryPlan

    /// Bytes of the arena, which has to be 64-byte aligned.
    public var arenaByteCount: Int { memory.plannedByteCount }
    /// Bytes that a call allocates: the arena and what it returns.
    public var callByteCount: Int {
        outputBuffers.reduce(arenaByteCount) { $0 + $1.byteCount }
    }
}

extension ExecutionPlan.Operand {
    /// A value that fills its memory from the beginning.
    init(dense type: TensorType, in place: ExecutionPlan.Place) {
        self.init(place: place, dtype: type.dtype, layout: Layout(dense: type.shape))
    }
}
