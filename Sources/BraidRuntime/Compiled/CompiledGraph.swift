public import BraidCore
import BraidEngine
public import BraidGraph
import BraidOperators

/// A graph that was optimised and planned, ready to run.
///
/// A call is one push of a prebuilt program into the engine; a small graph whose inputs are ready runs
/// on the calling thread instead. Each call leases an arena for its inner values, so any number of
/// threads may run the graph at once. In steady state a call asks the system for no memory.
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
    private let program: Program
    private let constants: [NDArray]
    private let arenas: ArenaPool
    private let isSmall: Bool

    /// Compiles a graph.
    /// - Precondition: the options name passes that exist, and the graph is in order.
    public convenience init(
        _ graph: Graph, options: OptimizationOptions = OptimizationOptions()
    ) {
        do {
            try self.init(checking: graph, options: options)
        } catch {
            ArrayError(.invalidValue, in: "compile", "\(error)").trap()
        }
    }

    /// Compiles a graph from outside.
    /// - Throws: `UnknownPassError` when the options name passes which there are not, `GraphError`
    ///   when the graph is verified and not in order.
    public init(checking graph: Graph, options: OptimizationOptions) throws {
        arguments = graph.inputs.filter { !graph.isRandomKey($0) }.map {
            (graph.inputName($0), graph.nodes[$0].types[0])
        }
        keyPositions = graph.inputs.indices.filter { graph.isRandomKey(graph.inputs[$0]) }
        let optimized = try OptimizationPipeline(options).run(on: graph)
        passes = optimized.records
        self.graph = optimized.graph
        let parallel = ExecutionPlan(optimized.graph)
        // Bounded, as costs of absurd shapes are `Int.max`.
        let bound = Self.inlineCostLimit + 1
        let cost = parallel.steps.reduce(0) { min($0 + min($1.cost, bound), bound) }
        isSmall = cost <= Self.inlineCostLimit
        plan = isSmall ? ExecutionPlan(optimized.graph, isSequential: true) : parallel
        program = Program.Builder(plan).built()
        constants = plan.constants.map { constant in
            NDArray(constant.type) { $0.copyBytes(from: constant.bytes) }
        }
        arenas = ArenaPool(byteCount: plan.arenaByteCount)
    }

    /// The outputs for arrays in the order of the graph's inputs but random keys, which are drawn here.
    /// No gradient flows through the call.
    /// - Precondition: there is an array of the right type for each input.
    public func callAsFunction(_ arguments: [NDArray]) -> [NDArray] {
        if let mistake = mistake(in: arguments) {
            mistake.report()
            return plan.outputs.map { .invalid(mistake, like: $0.type) }
        }
        var inputs = arguments
        for position in keyPositions { inputs.insert(.randomKey(), at: position) }
        return Scopes.with(.outside) { run(inputs) }
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
        return nil
    }

    /// As a call, of arrays that are known to fit, outside all scopes.
    func run(_ arguments: [NDArray]) -> [NDArray] {
        let inputs = arguments.map { $0.dense() }
        let buffers = plan.outputBuffers.map { Storage(byteCount: $0.byteCount) }
        if !(isSmall && Runtime.permitsInline && runInline(inputs, buffers)) {
            push(inputs, buffers)
        }
        return plan.outputs.map { output in
            switch output.place {
            case .input(let input): view(output, of: inputs[input])
            case .constant(let constant): view(output, of: constants[constant])
            case .output(let buffer):
                NDArray(ArrayBody(output.dtype, output.layout, buffers[buffer]))
            case .arena: preconditionFailure("a plan returns a value of the arena")
            }
        }
    }

    private func view(_ output: ExecutionPlan.Operand, of array: NDArray) -> NDArray {
        var layout = output.layout
        layout.offset += array.body.layout.offset
        return NDArray(ArrayBody(output.dtype, layout, array.storage))
    }

    /// Runs all steps on the calling thread if nothing is in their way.
    private func runInline(_ inputs: [NDArray], _ buffers: [Storage]) -> Bool {
        var granted = 0
        defer { for input in inputs[..<granted] { input.body.endRead() } }
        for input in inputs {
            guard input.body.tryBeginRead() else { return false }
            granted += 1
        }
        guard let arena = arenas.leaseNow() else { return false }
        let memory = CallMemory(inputs, buffers, constants, arena: arena)
        for step in plan.steps { step.run(in: memory, splitter: nil) }
        arena.endWrite()
        return true
    }

    private func push(_ inputs: [NDArray], _ buffers: [Storage]) {
        let arena = arenas.lease()
        let memory = CallMemory(inputs, buffers, constants, arena: arena)
        let engine = Runtime.engine
        engine.push(
            program, label: "compiled graph",
            externals: inputs.map(\.storage) + buffers + [arena]
        ) { [plan, unowned engine] step in
            plan.steps[step].run(in: memory, splitter: engine)
        }
    }
}

extension Program.Builder {
    /// The jobs are the plan's steps; the externals are the arrays of the inputs, the buffers of what
    /// is returned, and the arena, which all steps that use it hold together.
    fileprivate init(_ plan: ExecutionPlan) {
        self.init(externals: plan.inputs.count + plan.outputBuffers.count + 1)
        let arena = externals[externals.count - 1]
        // What a step leaves in the arena, as one value for those that depend on it.
        var results: [Program.Slot] = []
        for step in plan.steps {
            let done = slot()
            results.append(done)
            var reads = step.dependencies.map { results[$0] }
            var overwrites = [done]
            var holds = step.scratchByteCount > 0 ? [arena] : []
            func external(_ place: ExecutionPlan.Place) -> Program.Slot? {
                switch place {
                case .input(let input): externals[input]
                case .output(let buffer): externals[plan.inputs.count + buffer]
                case .constant: nil
                case .arena: arena
                }
            }
            for operand in step.operands {
                guard let slot = external(operand.place) else { continue }
                if slot == arena { holds.append(slot) } else { reads.append(slot) }
            }
            for result in step.results {
                guard let slot = external(result.place) else { continue }
                if slot == arena { holds.append(slot) } else { overwrites.append(slot) }
            }
            add(type(of: step.op).name, reads: reads, overwrites: overwrites, holds: holds)
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
