package import BraidCore
public import BraidGraph
import BraidPlatform

/// A function on arrays that is traced at its first call with arguments of new types, and from then
/// on runs as a compiled graph.
///
/// The function must do the same for all arguments of the same types: compute with arrays, and not
/// read them. Parameters are read, and may be changed, at every call; other captured arrays stay what
/// they were when traced. Inside another trace the function becomes a part of that one.
///
/// Any number of tasks may call it at once. Of calls that trace it for the same types at the same time
/// each does so, and the first trace is kept: no lock is held while the function runs.
///
/// The function runs as plain code, with the same bits, in two cases: when every job is checked
/// (`Runtime.isChecked`), so that messages name its lines, and in what a data-parallel step runs for a
/// shard, which leaves the moves of running averages to the step.
public final class HybridFunction<Input: ArrayStructure, Output: ArrayStructure>: Sendable {
    private let body: @Sendable (Input) -> (output: Output, note: (any Sendable)?)
    private let options: HybridOptions
    private let structure: @Sendable () -> TracedStructure
    private let traces: TraceCache

    /// A hybridized function.
    public convenience init(
        options: HybridOptions = HybridOptions(), _ body: @escaping @Sendable (Input) -> Output
    ) {
        self.init(options: options, structure: { TracedStructure() }, body)
    }

    /// A hybridized function that does the same only as long as `structure` gives the same.
    package convenience init(
        options: HybridOptions, structure: @escaping @Sendable () -> TracedStructure,
        _ body: @escaping @Sendable (Input) -> Output
    ) {
        self.init(options: options, structure: structure, noting: { (body($0), nil) })
    }

    /// A hybridized function that says something of itself beside its arrays.
    package init(
        options: HybridOptions, structure: @escaping @Sendable () -> TracedStructure,
        noting body: @escaping @Sendable (Input) -> (output: Output, note: (any Sendable)?)
    ) {
        self.body = body
        self.options = options
        self.structure = structure
        traces = TraceCache(capacity: options.traceCapacity)
    }

    /// Calls the function.
    public func callAsFunction(_ input: Input) -> Output {
        var note: (any Sendable)?
        return run(input, &note)
    }

    /// Calls the function.
    /// - Returns: beside the output what the function says of itself, of a compiled call what it said when
    ///   it was traced; nil after a mistake.
    package func noted(_ input: Input) -> (output: Output, note: (any Sendable)?) {
        var note: (any Sendable)?
        let output = run(input, &note)
        return (output, note)
    }

    /// Not a pair as the result: to make the type of one at every call would cost more than to look for the
    /// trace.
    private func run(_ input: Input, _ note: inout (any Sendable)?) -> Output {
        let ambient = Scopes.innermost ?? .outside
        if ambient.trace != nil {
            // A function that calls itself is traced without end.
            return ThreadStack.hasRoom ? runPlainly(input, &note) : Self.reportEndlessRecursion()
        }
        // Moves of running averages that are left to somebody else are no part of a compiled graph.
        if ambient.averages != nil || Runtime.isChecked { return runPlainly(input, &note) }
        let arguments = input.arrays
        let signature = TraceSignature(arguments, ambient, structure: structure())
        if let traced = traces[signature] {
            note = traced.note
            return Output(arrays: traced(arguments, ambient))
        }
        do throws(TracedGraph.Mistake) {
            let traced = try compile(signature, ambient)
            note = traced.note
            return Output(arrays: traced(arguments, ambient))
        } catch {
            return Output(arrays: error.results)
        }
    }

    private func runPlainly(_ input: Input, _ note: inout (any Sendable)?) -> Output {
        let (output, said) = body(input)
        note = said
        return output
    }

    private func compile(
        _ signature: TraceSignature, _ ambient: Ambient
    ) throws(TracedGraph.Mistake) -> CompiledTrace {
        var note: (any Sendable)?
        let traced = try TracedGraph(signature, ambient) { [body] arguments in
            let (output, said) = body(Input(arrays: arguments))
            note = said
            return output.arrays
        }
        // Another call may have been first.
        if let known = traces[signature] { return known }
        let compiled: CompiledTrace
        do throws(ArrayError) {
            compiled = try CompiledTrace(traced, options, note: note)
        } catch {
            throw TracedGraph.Mistake(error: error.reported(), types: traced.resultTypes)
        }
        return traces.insert(compiled, for: signature)
    }

    private static func reportEndlessRecursion() -> Output {
        let error = ArrayError(
            .invalidState, in: "hybridized function",
            "calls of hybridized functions inside each other use up the thread's stack while they are "
                + "traced; a function that calls itself needs an end that does not depend on the values "
                + "of arrays")
        guard let count = Output.arrayCount else { error.trap() }
        let nothing = NDArray.invalid(error.reported(), like: TensorType(.f32, []))
        return Output(arrays: Array(repeating: nothing, count: count))
    }

    /// The graphs that were traced, before optimisation, the oldest first.
    package var tracedGraphs: [Graph] { traces.graphs }

    /// How often the function was traced.
    public var traceCount: Int { traces.insertionCount }
}

/// How hybridized functions are compiled.
public struct HybridOptions: Hashable, Sendable {
    /// Which passes run.
    public var optimization: OptimizationOptions
    /// How many traces, for calls of different signatures, are kept; past it the one that was not
    /// used for longest goes.
    ///
    /// After a mistake inside `validating` it stays what it was.
    /// - Precondition: it is positive.
    public var traceCapacity: Int {
        didSet { if !Self.check(traceCapacity) { traceCapacity = oldValue } }
    }

    /// Options.
    /// - Precondition: `traceCapacity` is positive; after a mistake inside `validating` it is 1.
    public init(
        optimization: OptimizationOptions = OptimizationOptions(), traceCapacity: Int = 32
    ) {
        self.optimization = optimization
        self.traceCapacity = Self.check(traceCapacity) ? traceCapacity : 1
    }

    private static func check(_ traceCapacity: Int) -> Bool {
        ArrayError.check(
            traceCapacity > 0, in: "hybridize",
            "the trace capacity must be positive, not \(traceCapacity)")
    }
}

/// Makes a compiled function of an array function: same calls, same results, run as an optimised
/// graph.
///
/// ```swift
/// let normalized = hybridize { (x: NDArray) in x / x.sum() }
/// ```
public func hybridize<Input: ArrayStructure, Output: ArrayStructure>(
    options: HybridOptions = HybridOptions(), _ body: @escaping @Sendable (Input) -> Output
) -> HybridFunction<Input, Output> {
    HybridFunction(options: options, body)
}

/// The same for a function of two arrays.
public func hybridize<Output: ArrayStructure>(
    options: HybridOptions = HybridOptions(),
    _ body: @escaping @Sendable (NDArray, NDArray) -> Output
) -> @Sendable (NDArray, NDArray) -> Output {
    let function = HybridFunction<ArrayPair, Output>(options: options) { body($0.first, $0.second) }
    return { function(ArrayPair($0, $1)) }
}

/// The same for a function from two arrays to two, such as a training step from samples and labels to
/// loss and scores.
public func hybridize(
    options: HybridOptions = HybridOptions(),
    _ body: @escaping @Sendable (NDArray, NDArray) -> (NDArray, NDArray)
) -> @Sendable (NDArray, NDArray) -> (NDArray, NDArray) {
    let function = HybridFunction<ArrayPair, ArrayPair>(options: options) {
        let (first, second) = body($0.first, $0.second)
        return ArrayPair(first, second)
    }
    return {
        let results = function(ArrayPair($0, $1))
        return (results.first, results.second)
    }
}
