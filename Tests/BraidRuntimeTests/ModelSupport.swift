import Braid
import BraidTestSupport
import Testing

/// What the tests of graphs in files and of model files share.
enum ModelSupport {
    /// A graph of one operator for each case. Every second operand is a constant, the others are inputs
    /// with the returned values.
    static func graph(of cases: [OperatorCase]) throws -> (Graph, arguments: [Graph.Constant]) {
        var nodes: [Graph.Node] = []
        var inputs: [Int] = []
        var outputs: [Graph.Value] = []
        var arguments: [Graph.Constant] = []
        for sample in cases {
            var operands: [Graph.Value] = []
            for (index, array) in sample.inputs.enumerated() {
                operands.append(Graph.Value(nodes.count))
                if index % 2 == 1 {
                    nodes.append(Graph.Node(.constant(array.constant), types: [array.type]))
                } else {
                    inputs.append(nodes.count)
                    arguments.append(array.constant)
                    nodes.append(
                        Graph.Node(.input(name: "input \(inputs.count)"), types: [array.type]))
                }
            }
            let types = try inferred(sample.op, sample.inputs.map(\.type))
            outputs += types.indices.map { Graph.Value(nodes.count, $0) }
            nodes.append(Graph.Node(.operation(sample.op), inputs: operands, types: types))
        }
        return (Graph(nodes: nodes, inputs: inputs, outputs: outputs), arguments)
    }

    private static func inferred(
        _ op: any Operator, _ operands: [TensorType]
    ) throws(ArrayError) -> [TensorType] {
        try op.outputs(for: operands.span)
    }

    /// The graph read back from the text of its JSON.
    static func roundTrip(_ graph: Graph) throws -> Graph {
        try GraphCoding.graph(
            from: JSONParser.parse(GraphCoding.json(of: graph).text), path: "test")
    }

    /// `relu(x w + b)` for x of shape [2, 3], with parameters of shape [3, 4] and [4].
    static func layer() throws -> Model {
        let x = Symbol.variable("x", .f32, [2, 3])
        let weight = Symbol.variable("weight", .f32, [3, 4])
        let bias = Symbol.variable("bias", .f32, [4])
        return try Model(
            graph: Graph([(x.matmul(weight) + bias).relu()], from: [x, weight, bias]),
            parameters: [
                ("weight", NDArray((0..<12).map { Float($0) / 7 - 1 }, shape: [3, 4])),
                ("bias", NDArray([0.5, -0.25, 0, 3] as [Float])),
            ], outputs: ["y"])
    }

    static let layerInput = NDArray([1, -2, 3, 0.5, 0, -1] as [Float], shape: [2, 3])
}

extension Graph {
    /// Whether both have the same nodes in the same order.
    func isIdentical(to other: Graph) -> Bool {
        guard nodes.count == other.nodes.count, inputs == other.inputs, outputs == other.outputs
        else { return false }
        return zip(nodes, other.nodes).allSatisfy { a, b in
            guard a.inputs == b.inputs, a.types == b.types else { return false }
            return switch (a.kind, b.kind) {
            case (.input(let a, let isKey), .input(let b, let isOtherKey)):
                a == b && isKey == isOtherKey
            case (.constant(let a), .constant(let b)): a == b
            case (.operation(let a), .operation(let b)): AnyHashable(a) == AnyHashable(b)
            default: false
            }
        }
    }
}

extension Graph {
    /// The graph that computes symbols from variables, which give the inputs' names.
    init(_ outputs: [Symbol], from inputs: [Symbol]) {
        let names = inputs.map { input in
            guard case .variable(let name) = input.node.kind else {
                preconditionFailure("an input that is no variable")
            }
            return name
        }
        self.init(computing: outputs, from: inputs, names: names)
    }
}
