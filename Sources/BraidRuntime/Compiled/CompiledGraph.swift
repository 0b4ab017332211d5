public import BraidCore
import BraidEngine
public import BraidGraph
import BraidOperators
import BraidPlatform

/// A graph that was optimised and planned, ready to run.
///
/// A call is one push of a prebuilt program into the engine; a small graph whose inputs are ready runs
/// on the calling thread instead. Each call leases an arena for its inner values, so any number of
/// threads may run the graph at once. In steady state a call asks the system for no memory; where
/// there is none to be had, it returns arrays that report so when they are read.
public final class CompiledGraph: Sendable {
    /// Scalar operations up to which a whole graph is worth less than handing its steps to other
    /// threads (some ten microseconds for each hand-over).
    private static let inlineCostLimit = 1 << 18

    /// What the passes made of the graph; the plan's steps name its nodes.
    public let graph: Graph
    /// How values lie in memory, and in which order steps may run.
    public let plan: ExecutionPlan
    /// What each pass did.
    public let passes: [PassRecord]

    /// What calls give, in the order of the graph's inputs.
    private let arguments: [(name: String, type: TensorType)]
    /// Where among the inputs the random keys are, ascending.
    private let keyPositions: [Int]
    private let program: PlanProgram
    private let constants: [NDArray]
    private let arenas: ArenaPool
    private let isSmall: Bool
    /// Whether any step may refuse the values of its operands.
    private let checksValues: Bool
    /// Bytes that a call allocates.
    private let callByteCount: Int

    /// Compiles a graph. Inside `validating`, a mistake gives one whose calls give nothing.
    /// - Precondition: the options name passes that exist, the graph is in order (`Graph.verify()`), and
    ///   there is memory for each of its values.
    public convenience init(
        _ graph: Graph, options: OptimizationOptions = OptimizationOptions()
    ) {
        do throws(ArrayError) {
            try self.init(compiling: graph, options: options)
        } catch {
            error.report()
            // Inside `validating`: as many outputs, of nothing.
            let nothing = Graph.Node(
                .operation(Fill([], .f32, .nan)), types: [TensorType(.f32, [])])
            try! self.init(
                checking: Graph(
                    nodes: graph.outputs.map { _ in nothing }, inputs: [],
                    outputs: graph.outputs.indices.map { Graph.Value($0) }),
                options: OptimizationOptions())
        }
    }

    /// Compiles a graph of which some outputs replace inputs.
    /// - Throws: `ArrayError` when the options name passes that there are not, or no memory holds a value.
    convenience init(
        compiling graph: Graph, options: OptimizationOptions,
        updating updates: [ExecutionPlan.Update] = []
    ) throws(ArrayError) {
        do {
            try self.init(checking: graph, options: options, updating: updates)
        } catch let error as ArrayError {
            throw error
        } catch {
            throw ArrayError(.invalidValue, in: "compile", "\(error)")
        }
    }

    /// Compiles a graph from outside.
    /// - Throws: `UnknownPassError` when the options name passes which there are not, `GraphError`
    ///   when the graph is not in order, or has a value that no memory holds, `ArrayError` when there is no
    ///   memory left for its constants.
    public convenience init(checking graph: Graph, options: OptimizationOptions) throws {
        try self.init(checking: graph, options: options, updating: [])
    }

    /// - Parameters:
    ///   - inputLayouts: where the elements of each input stand, from the first on; dense when nil.
    ///   - updates: inputs over whose arrays outputs may be written. Calls give arrays for them that
    ///     nothing else can see.
    ///   - keepsArenas: whether the memory of calls waits for the next ones. Of graphs that are kept
    ///     in case they come again it goes back to the pool.
    init(
        checking graph: Graph, options: OptimizationOptions, inputLayouts: [Layout]? = nil,
        updating updates: [ExecutionPlan.Update] = [], keepsArenas: Bool = true
    ) throws {
        // Passes, plans and kernels rely on it; whatever the entrance, nothing runs unverified.
        try graph.verify()
        try ExecutionPlan.verify(inputLayouts, updates, of: graph)
        try graph.checkMemory(limit: MemoryPool.byteCountLimit)
        arguments = graph.inputs.filter { !graph.isRandomKey($0) }.map {
            (graph.inputName($0), graph.nodes[$0].types[0])
        }
        keyPositions = graph.inputs.indices.filter { graph.isRandomKey(graph.inputs[$0]) }
        let optimized = try OptimizationPipeline(options).run(onVerified: graph)
        passes = optimized.records
        self.graph = optimized.graph
        func plan(isSequential: Bool) -> ExecutionPlan {
            ExecutionPlan(
                verified: optimized.graph, inputLayouts: inputLayouts, updating: updates,
                isSequential: isSequential)
        }
        let parallel = plan(isSequential: false)
        // Bounded, as costs of absurd shapes are `Int.max`.
        let bound = Self.inlineCostLimit + 1
        let cost = parallel.steps.reduce(0) { min($0 + min($1.cost, bound), bound) }
        isSmall = cost <= Self.inlineCostLimit
        self.plan = isSmall ? plan(isSequential: true) : parallel
        checksValues = self.plan.steps.contains(where: \.checksValues)
        program = PlanProgram(self.plan)
        constants = try self.plan.constants.map { constant in
            try NDArray(constant.type) { $0.copyBytes(from: constant.bytes) }
        }
        callByteCount = self.plan.callByteCount
        arenas = ArenaPool(byteCount: self.plan.arenaByteCount, isKept: keepsArenas)
    }

    /// The outputs for arrays in the order of the graph's inputs but random keys, which are drawn here.
    /// No gradient flows through the call.
    /// - Precondition: there is an array of the right type for each input.
    public func callAsFunction(_ arguments: [NDArray]) -> [NDArray] {
        if let mistake = mistake(in: arguments)?.reported() {
            return plan.outputs.map { .invalid(mistake, like: $0.type) }
        }
        let inputs = keyPositions.isEmpty ? arguments : withKeys(arguments)
        return Scopes.with(.unrecorded) { run(inputs) }
    }

    /// The arguments and fresh keys, in the order of the graph's inputs.
    private func withKeys(_ arguments: [NDArray]) -> [NDArray] {
        var inputs: [NDArray] = []
        inputs.reserveCapacity(arguments.count + keyPositions.count)
        var (keys, rest) = (keyPositions[...], arguments[...])
        for position in 0..<arguments.count + keyPositions.count {
            if keys.first == position {
                keys.removeFirst()
                inputs.append(.randomKey())
            } else {
                inputs.append(rest.removeFirst())
            }
        }
        return inputs
    }

    private func mistake(in given: [NDArray]) -> ArrayError? {
        guard given.count == arguments.count else {
            return ArrayError(
                .shapeMismatch, in: "compiled graph",
                "takes \(arguments.count) arrays, not \(given.count): "
                    + arguments.map { "'\($0.name)'" }.joined(separator: ", "))
        }
        for (argument, array) in zip(arguments, given) where argument.type != array.type {
            return ArrayError(
                .shapeMismatch, in: "compiled graph",
                "the input '\(argument.name)' is \(argument.type), not \(array.type)")
        }
        return given.lazy.compactMap(\.body.missingElements).first
    }

    /// As a call, of arrays that are known to fit, outside all scopes.
    func run(_ arguments: [NDArray]) -> [NDArray] {
        let call = start(arguments)
        return plan.outputs.indices.map { output($0, of: call) }
    }
}

/// Calls.
extension CompiledGraph {
    /// A call that was handed over.
    struct Call {
        /// As the graph takes them.
        fileprivate let inputs: [NDArray]
        /// For the plan's output buffers.
        fileprivate let buffers: Result<[Storage], ArrayError>

        init(_ inputs: [NDArray], _ buffers: Result<[Storage], ArrayError>) {
            self.inputs = inputs
            self.buffers = buffers
        }

        /// A call that could not be handed over.
        init(failed error: ArrayError) { self.init([], .failure(error)) }

        /// Whether there was no memory, so that no step runs.
        var hasFailed: Bool { if case .failure = buffers { true } else { false } }
    }

    /// Hands a call over, of arrays that are known to fit, outside all scopes.
    func start(_ arguments: [NDArray]) -> Call {
        var inputs = arguments
        for index in inputs.indices
        where !inputs[index].body.isDense && plan.inputs[index].isDense
            && !plan.isReplaced[index]
        {
            inputs[index] = inputs[index].dense()
        }
        do throws(ArrayError) {
            // Together: each value alone may fit.
            if callByteCount > MemoryPool.byteCountLimit {
                throw MemoryPool.shortage(of: callByteCount)
            }
            let buffers = try plan.outputBuffers.map { type throws(ArrayError) in
                try Storage.allocate(type.byteCount)
            }
            var failures: [InlineRun.Failure] = []
            if !(isSmall && Runtime.permitsInline && runInline(inputs, buffers, &failures)) {
                try push(inputs, buffers)
            }
            for failure in failures { failure.push(inputs, buffers) }
            return Call(inputs, .success(buffers))
        } catch {
            return Call(failed: error)
        }
    }

    /// What a call allocated for an output; nil for other places, and where there was no memory.
    func buffer(at place: ExecutionPlan.Place, of call: Call) -> Storage? {
        guard case .output(let buffer) = place, case .success(let buffers) = call.buffers else {
            return nil
        }
        return buffers[buffer]
    }

    /// An output of a call.
    func output(_ index: Int, of call: Call) -> NDArray {
        let output = plan.outputs[index]
        switch call.buffers {
        case .failure(let error): return .invalid(error, like: output.type)
        case .success(let buffers):
            switch output.place {
            case .input(let input): return view(output, of: call.inputs[input])
            case .constant(let constant): return view(output, of: constants[constant])
            case .output(let buffer):
                return NDArray(ArrayBody(output.dtype, output.layout, buffers[buffer]))
            case .arena: brokenInvariant("a plan returns a value of the arena")
            }
        }
    }

    private func view(_ output: ExecutionPlan.Operand, of array: NDArray) -> NDArray {
        var layout = output.layout
        layout.offset += array.body.layout.offset
        return NDArray(ArrayBody(output.dtype, layout, array.storage))
    }

    /// Runs all steps on the calling thread if nothing is in their way.
    /// - Parameter failures: what steps refused to do, for the caller to hand over afterwards.
    private func runInline(
        _ inputs: [NDArray], _ buffers: [Storage], _ failures: inout [InlineRun.Failure]
    ) -> Bool {
        var granted = 0
        defer {
            for index in 0..<granted {
                if plan.isReplaced[index] {
                    inputs[index].body.endWrite()
                } else {
                    inputs[index].body.endRead()
                }
            }
        }
        for (index, input) in inputs.enumerated() {
            let isGranted =
                plan.isReplaced[index] ? input.body.tryBeginWrite() : input.body.tryBeginRead()
            guard isGranted else { return false }
            granted += 1
        }
        guard let arena = arenas.leaseNow() else { return false }
        let memory = CallMemory(inputs, buffers, constants, arena: arena)
        if checksValues {
            failures = InlineRun(plan)(in: memory)
        } else {
            for index in plan.steps.indices { plan.steps[index].run(in: memory, splitter: nil) }
        }
        arena.endWrite()
        return true
    }

    private func push(_ inputs: [NDArray], _ buffers: [Storage]) throws(ArrayError) {
        let arena = try arenas.lease()
        let memory = CallMemory(inputs, buffers, constants, arena: arena)
        let engine = Runtime.engine
        let origin = Runtime.isChecked ? CallOrigin() : nil
        let block = checksValues ? CallFrame.kept : nil
        engine.push(
            program.program, label: JobOwner.current ?? "compiled graph",
            externals: inputs.map(\.storage) + buffers + [arena], bytes: plan.arenaByteCount,
            context: .kernel
        ) { [self, unowned engine] job in
            guard let step = program.step(ofJob: job) else { return }
            if let origin { return try plan.steps[step].check(in: memory, origin) }
            if plan.steps[step].checksValues {
                do throws(ArrayError) {
                    try plan.steps[step].checkValues(in: memory, splitter: engine)
                } catch { throw block.map { error.inBlock($0()) } ?? error }
            }
            plan.steps[step].run(in: memory, splitter: engine)
        }
    }
}

extension Graph {
    /// The graph, optimised and planned, ready to run.
    ///
    /// ```swift
    /// let x = Symbol.variable("x", .f32, [3])
    /// let square = try Graph(outputs: [x * x]).compiled()
    /// let y = square([NDArray([1, 2, 3] as [Float])])[0]
    /// ```
    /// A `Model` runs a graph by the names of its inputs and outputs; a `SymbolicFunction` keeps
    /// parameters, updates them, and lets gradients through.
    /// - Precondition: the options name passes that exist, and the graph is in order.
    public func compiled(options: OptimizationOptions = OptimizationOptions()) -> CompiledGraph {
        CompiledGraph(self, options: options)
    }
}
