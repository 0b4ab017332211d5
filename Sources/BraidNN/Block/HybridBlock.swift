public import BraidRuntime

/// A block that runs as compiled graphs; it has the parameters of the block that it was made from.
public struct HybridBlock<Wrapped: Block>: Block
where Wrapped.Input: ArrayStructure, Wrapped.Output: ArrayStructure {
    /// The block that the graphs were traced from.
    public let wrapped: Wrapped
    private let function: HybridFunction<Wrapped.Input, Wrapped.Output>

    init(_ wrapped: Wrapped, _ options: HybridOptions) {
        self.wrapped = wrapped
        // A walk takes microseconds, so only blocks that may change pay for it, at every call.
        let mayChange = BlockStructure(of: wrapped).mayChange
        function = HybridFunction(
            options: options,
            structure: {
                if !mayChange { return TracedStructure() }
                let structure = BlockStructure(of: wrapped)
                return TracedStructure(structure.words, naming: structure.objects)
            }
        ) { wrapped.forward($0) }
    }

    /// Computes the output; the first call with an input of a new type traces the block.
    public func forward(_ input: Wrapped.Input) -> Wrapped.Output { function(input) }

    /// How often the block was traced.
    public var traceCount: Int { function.traceCount }
}

/// A block that has no name of its own in the names of parameters: the walk goes on in the one it wraps.
protocol TransparentBlock {
    var wrappedBlock: any Block { get }
}

extension HybridBlock: TransparentBlock {
    var wrappedBlock: any Block { wrapped }
}

extension Block where Input: ArrayStructure, Output: ArrayStructure {
    /// This block, compiled: the same calls with the same results, run as optimised graphs. The block
    /// itself stays as it is; both share their parameters. Blocks that are objects are looked through at
    /// every call, and traced anew when their structure has changed. Other objects are told apart by their
    /// identity alone: a number that is read from one stays in the graph what it was when traced, like
    /// every number; what is to change belongs into a `Parameter` or an argument.
    ///
    /// ```swift
    /// let fast = network.hybridized()
    /// let scores = fast(images)
    /// ```
    public func hybridized(options: HybridOptions = HybridOptions()) -> HybridBlock<Self> {
        HybridBlock(self, options)
    }
}
