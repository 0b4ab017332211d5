import BraidCore
import BraidGraph
import BraidOperators
import Testing

@Suite struct DeadNodesTests {
    private let x = Symbol.variable("x", .f32, [2, 3])
    private let y = Symbol.variable("y", .f32, [3])

    @Test func whatNoOutputDependsOnGoes() throws {
        // A graph from symbols has no dead nodes, so one output is taken away.
        let whole = Graph([x + 1, (x * 2).exp()], from: [x, y])
        let graph = Graph(nodes: whole.nodes, inputs: whole.inputs, outputs: [whole.outputs[0]])
        let result = DeadNodes().run(on: graph)
        #expect(try result.graph.verified().operatorNames == ["binary_scalar"])
        #expect(result.summary == "removed 2 nodes")
        // Calls go on to give arrays for all inputs.
        #expect(result.graph.inputs.map(result.graph.inputName) == ["0", "1"])
    }

    @Test func whatOnlyHandsOnGoes() throws {
        let same = Symbol.apply(StopGradient(), x).reshaped(to: [2, 3]).broadcast(to: [2, 3])
        let graph = Graph([same.transposed().transposed(axes: [0, 1]) + 1, same], from: [x])
        let result = try DeadNodes().verifiedRun(on: graph)
        #expect(result.operatorNames == ["transpose", "binary_scalar"])
        #expect(result.outputs[1] == Graph.Value(result.inputs[0]))
    }

    @Test func viewsOfOtherTypesStay() throws {
        let graph = Graph(
            [x.reshaped(to: [3, 2]), x.transposed(), y.broadcast(to: [2, 3]), x[0..., 1...]],
            from: [x, y])
        #expect(try DeadNodes().verifiedRun(on: graph).operationCount == 4)
        // A square changes its elements' places, though not its type.
        let square = Symbol.variable("square", .f32, [3, 3])
        let swapped = Graph([square.transposed()], from: [square])
        #expect(try DeadNodes().verifiedRun(on: swapped).operationCount == 1)
    }
}
