import BraidCore
import BraidOperators
import BraidPlatform

/// A graph as steps that read and write buffers, before anything has a place. Views are resolved to
/// what they are views of; operands that have to be dense are copied by steps of their own.
struct Lowering {
    /// What the elements of a value belong to.
    enum Root: Hashable {
        case input(Int)
        case constant(Int)
        case buffer(Int)
    }

    /// Where the elements of a value stand.
    struct Location: Hashable {
        let root: Root
        let dtype: DType
        let layout: Layout

        init(_ root: Root, _ dtype: DType, _ layout: Layout) {
            self.root = root
            self.dtype = dtype
            self.layout = layout
        }

        // Without the strides: what differs in them alone is rare.
        func hash(into hasher: inout Hasher) {
            hasher.combine(root)
            hasher.combine(dtype)
            hasher.combine(layout.shape)
            hasher.combine(layout.offset)
        }

        init(_ root: Root, dense type: TensorType) {
            self.init(root, type.dtype, Layout(dense: type.shape))
        }

        var type: TensorType { TensorType(dtype, layout.shape) }
    }

    /// Memory that one step writes.
    struct Buffer {
        let node: Int
        let role: MemoryPlan.Role
        /// Nil for scratch memory.
        let type: TensorType?
        let byteCount: Int
        let producer: Int
        /// The steps that read the buffer, ascending.
        var users: [Int] = []
        /// Whether a call returns the buffer or a view of it.
        var isReturned = false

        /// The steps that read or write the buffer.
        var accesses: [Int] { [producer] + users }
    }

    struct Step {
        let node: Int
        let op: any Operator
        let operands: [Location]
        let results: [Int]
        let scratch: Int?
        let cost: Int
        /// The steps whose results it reads.
        let producers: [Int]
        var dependencies: [Int]
    }

    private(set) var steps: [Step] = []
    private(set) var buffers: [Buffer] = []
    private(set) var constants: [Graph.Constant] = []
    private(set) var inputs: [Location] = []
    private(set) var outputs: [Location] = []
    /// The steps that read each input, ascending.
    private(set) var inputUsers: [[Int]]

    /// - Parameters:
    ///   - inputLayouts: where the inputs' elements stand in their arrays.
    ///   - order: the nodes in the order in which they become steps; each after those it depends on.
    init(_ graph: Graph, inputLayouts: [Layout], order: [Int]) {
        inputUsers = Array(repeating: [], count: graph.inputs.count)
        var locations = [[Location]](repeating: [], count: graph.nodes.count)
        for (index, (node, layout)) in zip(graph.inputs, inputLayouts).enumerated() {
            let type = graph.nodes[node].types[0]
            invariant(layout.shape == type.shape, "\(layout.shape) for an input \(type)")
            locations[node] = [Location(.input(index), type.dtype, layout)]
        }
        inputs = graph.inputs.map { locations[$0][0] }
        // Dense copies, by what they are copies of.
        var copies: [Location: Location] = [:]
        for position in order {
            let node = graph.nodes[position]
            switch node.kind {
            case .input: continue
            case .constant(let constant):
                locations[position] = [
                    Location(.constant(constants.count), dense: constant.type)
                ]
                constants.append(constant)
            case .operation(let op):
                var operands = node.inputs.map { locations[$0.node][$0.output] }
                let traits = type(of: op).traits
                if traits.contains(.view), let layout = op.view(of: operands[0].layout) {
                    locations[position] = [Location(operands[0].root, operands[0].dtype, layout)]
                    continue
                }
                if traits.contains(.denseInputs) {
                    for (index, operand) in operands.enumerated() where !operand.layout.isDense {
                        if let known = copies[operand] {
                            operands[index] = known
                            continue
                        }
                        operands[index] =
                            append(
                                Copy(), for: position, [operand], [operand.type],
                                role: { _ in .denseCopy })[0]
                        copies[operand] = operands[index]
                    }
                }
                locations[position] = append(
                    op, for: position, operands, node.types, role: MemoryPlan.Role.output)
            }
        }
        outputs = graph.outputs.map { locations[$0.node][$0.output] }
        for output in outputs {
            if case .buffer(let buffer) = output.root { buffers[buffer].isReturned = true }
        }
    }

    /// Gives other outputs that are the new value of an input that keeps its old one on failure arrays of
    /// their own: they fail with the call.
    mutating func separateOutputs(from updates: [ExecutionPlan.Update]) {
        // For each buffer the update that it is the new value of.
        var kept: [Int: Int] = [:]
        for update in updates where update.keepsOnFailure {
            if case .buffer(let buffer) = outputs[update.output].root, kept[buffer] == nil {
                kept[buffer] = update.output
            }
        }
        for output in outputs.indices {
            guard case .buffer(let buffer) = outputs[output].root, let first = kept[buffer],
                first != output
            else { continue }
            let value = outputs[output]
            outputs[output] =
                append(
                    Copy(), for: buffers[buffer].node, [value], [value.type],
                    role: MemoryPlan.Role.output)[0]
            buffers[buffers.count - 1].isReturned = true
        }
    }

    private mutating func append(
        _ op: any Operator, for node: Int, _ operands: [Location], _ types: [TensorType],
        role: (Int) -> MemoryPlan.Role
    ) -> [Location] {
        let position = steps.count
        let inputTypes = operands.map(\.type)
        var dependencies: [Int] = []
        for operand in operands {
            switch operand.root {
            case .constant: break
            case .input(let input):
                if inputUsers[input].last != position { inputUsers[input].append(position) }
            case .buffer(let buffer):
                dependencies.append(buffers[buffer].producer)
                if buffers[buffer].users.last != position {
                    buffers[buffer].users.append(position)
                }
            }
        }
        func buffer(_ role: MemoryPlan.Role, _ type: TensorType?, _ byteCount: Int) -> Int {
            buffers.append(
                Buffer(
                    node: node, role: role, type: type, byteCount: byteCount, producer: position))
            return buffers.count - 1
        }
        let results = types.enumerated().map { buffer(role($0), $1, $1.byteCount) }
        let scratchByteCount = op.scratchByteCount(for: inputTypes.span)
        let scratch = scratchByteCount > 0 ? buffer(.scratch, nil, scratchByteCount) : nil
        let producers = Set(dependencies).sorted()
        steps.append(
            Step(
                node: node, op: op, operands: operands, results: results, scratch: scratch,
                cost: op.cost(for: inputTypes.span, output: types[0]),
                producers: producers, dependencies: producers))
        return zip(results, types).map { Location(.buffer($0), dense: $1) }
    }

    /// Orders windows of so many steps: all of one come before all of the next.
    mutating func separateWindows(of length: Int) {
        // The last window's steps that no other of its steps waits for. Its first step comes before
        // all others.
        var open: [Int] = []
        for start in stride(from: 0, to: steps.count, by: length) {
            let window = start..<min(start + length, steps.count)
            order(open, before: start)
            var isAwaited = [Bool](repeating: false, count: window.count)
            for step in window {
                if step > start { order([start], before: step) }
                for earlier in steps[step].dependencies where earlier >= start {
                    isAwaited[earlier - start] = true
                }
            }
            open = window.filter { !isAwaited[$0 - start] }
        }
    }

    /// Makes a step wait for earlier ones.
    mutating func order(_ earlier: [Int], before step: Int) {
        steps[step].dependencies = Set(steps[step].dependencies + earlier).sorted()
    }
}
