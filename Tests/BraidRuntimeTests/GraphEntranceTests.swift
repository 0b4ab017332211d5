import Braid
import BraidTestSupport
import Testing

/// Graphs that are not in order are refused at every entrance, whatever is wrong with them: nothing is
/// planned or run that verification did not see.
struct GraphEntranceTests {
    private typealias Node = Graph.Node

    private static let vector = TensorType(.f32, [4])
    private static let product = Binary(.multiply)

    /// A graph that squares a vector, with something wrong.
    private static let broken: [(name: String, graph: Graph)] = {
        func graph(
            _ nodes: [Node], inputs: [Int] = [0], outputs: [Graph.Value] = [Graph.Value(1)]
        ) -> Graph {
            Graph(nodes: nodes, inputs: inputs, outputs: outputs)
        }
        let x = Node(.input(name: "x"), types: [vector])
        func square(_ type: TensorType, _ inputs: [Graph.Value] = [.init(0), .init(0)]) -> Node {
            Node(.operation(product), inputs: inputs, types: [type])
        }
        let small = TensorType(.f32, [1]), large = TensorType(.f32, [1 << 20])
        return [
            ("result too small", graph([x, square(small)])),
            ("result too large", graph([x, square(large)])),
            ("other dtype", graph([x, square(TensorType(.u8, [4]))])),
            (
                "two results",
                graph([
                    x,
                    Node(
                        .operation(product), inputs: [.init(0), .init(0)], types: [vector, vector]),
                ])
            ),
            (
                "no result",
                graph(
                    [x, Node(.operation(product), inputs: [.init(0), .init(0)], types: [])],
                    outputs: [Graph.Value(0)])
            ),
            ("one operand", graph([x, square(vector, [.init(0)])])),
            ("operand after it", graph([x, square(vector, [.init(0), .init(1)])])),
            ("operand that is not there", graph([x, square(vector, [.init(0), .init(7)])])),
            ("negative operand", graph([x, square(vector, [.init(0), .init(-1)])])),
            (
                "output of an operand that is not there",
                graph([x, square(vector, [.init(0), .init(0, 3)])])
            ),
            ("output that is not there", graph([x, square(vector)], outputs: [.init(1, 1)])),
            ("output node that is not there", graph([x, square(vector)], outputs: [.init(2)])),
            ("input that is none", graph([x, square(vector)], inputs: [0, 1])),
            ("input that is not there", graph([x, square(vector)], inputs: [0, 9])),
            ("input twice", graph([x, square(vector)], inputs: [0, 0])),
            ("input that is not listed", graph([x, square(vector)], inputs: [])),
            (
                "input of two types",
                graph([Node(.input(name: "x"), types: [vector, vector]), square(vector)])
            ),
            ("input without type", graph([Node(.input(name: "x"), types: []), square(vector)])),
            (
                "key of another type",
                graph([Node(.input(name: "k", isRandomKey: true), types: [vector]), square(vector)])
            ),
            (
                "constant of another type",
                graph(
                    [
                        Node(
                            .constant(Graph.Constant(small, bytes: [0, 0, 0, 0])), types: [large]),
                        square(large),
                    ], inputs: [])
            ),
        ]
    }()

    @Test(arguments: broken.indices)
    func everyEntranceRefuses(_ index: Int) throws {
        let (name, graph) = Self.broken[index]
        #expect(throws: GraphError.self, "\(name)") { try graph.verify() }
        #expect(throws: GraphError.self, "\(name)") {
            try CompiledGraph(checking: graph, options: OptimizationOptions())
        }
        for passes in [[], Set(OptimizationPipeline.passNames)] {
            #expect(throws: GraphError.self, "\(name)") {
                try CompiledGraph(checking: graph, options: OptimizationOptions(disabling: passes))
            }
            #expect(throws: GraphError.self, "\(name)") {
                try OptimizationPipeline(OptimizationOptions(disabling: passes)).run(on: graph)
            }
        }
        #expect(throws: ModelError.self, "\(name)") { try Model(graph: graph, parameters: []) }
        let x = NDArray.ones([4])
        #expect(throws: ArrayError.self, "\(name)") { try validating { CompiledGraph(graph)([x]) } }
        #expect(throws: ArrayError.self, "\(name)") { try validating { graph.compiled()([x]) } }
        #expect(throws: ArrayError.self, "\(name)") { try validating { ExecutionPlan(graph) } }
    }

    @Test func absurdLayoutsAndUpdatesAreRefused() throws {
        let x = Symbol.variable("x", .f32, [2, 3])
        let y = Symbol.variable("y", .f32, [3])
        let graph = try Graph(outputs: [x + y, y * 2])
        func refused(
            _ layouts: [Layout]? = nil, _ updates: [ExecutionPlan.Update] = []
        ) throws {
            #expect(throws: ArrayError.self, "\(layouts ?? []), \(updates)") {
                try validating { ExecutionPlan(graph, inputLayouts: layouts, updating: updates) }
            }
        }
        try refused([])
        try refused([Layout(dense: [2, 3]), Layout(dense: [4])])
        try refused([Layout(dense: [3, 2]), Layout(dense: [3])])
        try refused(nil, [.init(output: 2, replaces: 0)])
        try refused(nil, [.init(output: 0, replaces: 2)])
        try refused(nil, [.init(output: -1, replaces: 0)])
        #expect(ExecutionPlan(graph, updating: [.init(output: 1, replaces: 1)]).steps.count == 2)
    }

    /// Twice the nodes take about twice the time.
    @Test func verificationIsLinear() throws {
        func graph(_ count: Int) -> Graph {
            var nodes = [Node(.input(name: "x"), types: [Self.vector])]
            for position in 1...count {
                nodes.append(
                    Node(
                        .operation(Self.product),
                        inputs: [.init(position - 1), .init(position / 2)], types: [Self.vector]))
            }
            return Graph(nodes: nodes, inputs: [0], outputs: [.init(count)])
        }
        try expectLinearGrowth(from: 20_000) { count in
            let graph = graph(count)
            return { try graph.verify() }
        }
    }
}
