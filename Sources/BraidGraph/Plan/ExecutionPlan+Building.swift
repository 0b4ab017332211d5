public import BraidCore

extension ExecutionPlan {
    /// Plans a graph.
    ///
    /// Inside `validating`, a mistake gives the plan of a graph without nodes.
    /// - Parameters:
    ///   - graph: what is to run.
    ///   - inputLayouts: where the elements of each input stand in the array that calls give; nil
    ///     when all are dense.
    ///   - updates: inputs whose arrays outputs replace. Where order and operators allow it, such an
    ///     output is written over the array, and its place is the input's; elsewhere it gets a buffer
    ///     of its own like other outputs. In an array that is not read elements may then stand in
    ///     another order, as the output's layout says.
    ///   - isSequential: whether every step depends on the one before: less memory, for graphs whose
    ///     steps are too small to run at the same time.
    /// - Precondition: `verify()` finds the graph in order, there is a layout of the right shape for each
    ///   input, and updates name outputs and inputs that there are.
    public init(
        _ graph: Graph, inputLayouts: [Layout]? = nil, updating updates: [Update] = [],
        isSequential: Bool = false
    ) {
        do throws(GraphError) {
            try graph.verify()
            try Self.verify(inputLayouts, updates, of: graph)
        } catch {
            ArrayError(.invalidValue, in: "execution plan", "\(error)").report()
            self.init(verified: Graph(nodes: [], inputs: [], outputs: []))
            return
        }
        self.init(
            verified: graph, inputLayouts: inputLayouts, updating: updates,
            isSequential: isSequential)
    }

    /// Checks what goes with a graph that is in order.
    package static func verify(
        _ inputLayouts: [Layout]?, _ updates: [Update], of graph: Graph
    ) throws(GraphError) {
        func error(_ message: String) -> GraphError {
            GraphError(node: nil, operation: "execution plan", message)
        }
        if let inputLayouts {
            guard inputLayouts.count == graph.inputs.count else {
                throw error("\(inputLayouts.count) layouts for \(graph.inputs.count) inputs")
            }
            for (index, layout) in inputLayouts.enumerated() {
                let shape = graph.nodes[graph.inputs[index]].types[0].shape
                guard layout.shape == shape else {
                    throw error("input \(index) is \(shape), but its layout is of \(layout.shape)")
                }
            }
        }
        for update in updates {
            guard graph.outputs.indices.contains(update.output),
                graph.inputs.indices.contains(update.input)
            else {
                throw error(
                    "output \(update.output) of \(graph.outputs.count) is to replace input "
                        + "\(update.input) of \(graph.inputs.count)")
            }
        }
    }

    /// The plan of a graph, layouts and updates that are known to be in order.
    package init(
        verified graph: Graph, inputLayouts: [Layout]? = nil, updating updates: [Update] = [],
        isSequential: Bool = false
    ) {
        let layouts =
            inputLayouts ?? graph.inputs.map { Layout(dense: graph.nodes[$0].types[0].shape) }
        let guarding = Guarding(graph, updates)
        var lowering = Lowering(graph, inputLayouts: layouts, order: guarding.order)
        lowering.separateOutputs(from: updates)
        if isSequential {
            for step in lowering.steps.indices.dropFirst() {
                lowering.order([step - 1], before: step)
            }
        }
        let windowLength = Reachability.windowLength(for: lowering.steps.count)
        if lowering.steps.count > windowLength { lowering.separateWindows(of: windowLength) }
        let guarded = guarding.order(&lowering)
        var overwriting = Overwriting(&lowering, updates)
        let reachability = Reachability(
            lowering.steps.map(\.dependencies), windowLength: windowLength)
        overwriting.overwriteOperands(of: lowering, reachability)
        self.init(lowering, Placement(lowering, overwriting, reachability), guarded)
    }

    private init(_ lowering: Lowering, _ placement: Placement, _ guarded: Guarding.Steps) {
        func located(_ location: Lowering.Location) -> Operand {
            let place: Place =
                switch location.root {
                case .input(let input): .input(input)
                case .constant(let constant): .constant(constant)
                case .buffer(let buffer): placement.places[buffer]
                }
            return Operand(place: place, dtype: location.dtype, layout: location.layout)
        }
        steps = zip(lowering.steps, guarded.isGuarded).map { step, isGuarded in
            var scratch = (byteCount: 0, offset: 0)
            if let buffer = step.scratch, case .arena(let offset) = placement.places[buffer] {
                scratch = (lowering.buffers[buffer].byteCount, offset)
            }
            return Step(
                node: step.node, op: step.op, operands: step.operands.map(located),
                results: step.results.compactMap { buffer in
                    lowering.buffers[buffer].type.map {
                        Operand(dense: $0, in: placement.places[buffer])
                    }
                },
                scratchByteCount: scratch.byteCount, scratchOffset: scratch.offset,
                cost: step.cost, dependencies: step.dependencies, producers: step.producers,
                checksValues: type(of: step.op).traits.contains(.checksValues),
                keepsOnFailure: isGuarded
                    ? step.results.map { guarded.keptBuffers.contains($0) } : [])
        }
        inputs = lowering.inputs.map(located)
        var isReplaced = [Bool](repeating: false, count: inputs.count)
        for case .input(let input) in placement.places { isReplaced[input] = true }
        self.isReplaced = isReplaced
        guards = guarded.guards
        guardingInputs = guarded.inputs.filter { !isReplaced[$0] }
        var isRead = lowering.inputUsers.map { !$0.isEmpty }
        for output in lowering.outputs {
            if case .input(let input) = output.root { isRead[input] = true }
        }
        self.isRead = isRead
        constants = lowering.constants
        outputBuffers = placement.outputBuffers
        outputs = lowering.outputs.map(located)
        memory = placement.memory
    }
}
