import BraidCore
import BraidGraph
import BraidOperators
import Testing

/// What `verify` finds, and how it says so.
@Suite struct VerificationTests {
    private let vector = TensorType(.f32, [3])
    private var input: Graph.Node { Graph.Node(.input(name: "x"), types: [vector]) }

    private func message(_ nodes: [Graph.Node], inputs: [Int] = [0], outputs: [Graph.Value])
        -> String
    {
        do throws(GraphError) {
            try Graph(nodes: nodes, inputs: inputs, outputs: outputs).verify()
            return "nothing was thrown"
        } catch {
            return error.description
        }
    }

    private func add(_ inputs: [Graph.Value], _ type: TensorType) -> Graph.Node {
        Graph.Node(.operation(Binary(.add)), inputs: inputs, types: [type])
    }

    @Test func graphsInOrderPass() throws {
        let nodes = [input, add([.init(0), .init(0)], vector)]
        let graph = try Graph(nodes: nodes, inputs: [0], outputs: [.init(1)]).verified()
        #expect(graph.nodes.count == 2)
        try Graph(nodes: [], inputs: [], outputs: []).verify()
    }

    @Test func operandsStandBefore() {
        #expect(
            message([input, add([.init(0), .init(1)], vector)], outputs: [.init(1)])
                == "node 1 (binary): input 1 is value 0 of node 1, which does not stand before it")
        #expect(
            message(
                [input, add([.init(2), .init(0)], vector), input], inputs: [0, 2],
                outputs: [.init(1)])
                == "node 1 (binary): input 0 is value 0 of node 2, which does not stand before it")
    }

    @Test func valuesExist() {
        #expect(
            message([input, add([.init(0), .init(7)], vector)], outputs: [])
                == "node 1 (binary): input 1 is value 0 of node 7, which there is not")
        #expect(
            message([input, add([.init(-1), .init(0)], vector)], outputs: [])
                == "node 1 (binary): input 0 is value 0 of node -1, which there is not")
        #expect(
            message([input, add([.init(0, 1), .init(0)], vector)], outputs: [])
                == "node 1 (binary): input 0 is value 1 of node 0, which has 1 outputs")
        #expect(
            message([input], outputs: [.init(0), .init(0, 2)])
                == "outputs: output 1 is value 2 of node 0, which there is not")
        #expect(
            message([input], outputs: [.init(5)])
                == "outputs: output 0 is value 0 of node 5, which there is not")
    }

    @Test func typesAreWhatInferenceGives() {
        let wrong = TensorType(.f32, [4])
        #expect(
            message([input, add([.init(0), .init(0)], wrong)], outputs: [.init(1)])
                == "node 1 (binary): gives [f32[3]] of [f32[3], f32[3]], but its types are [f32[4]]"
        )
        #expect(
            message([input, add([.init(0)], vector)], outputs: [.init(1)])
                == "node 1 (binary): takes 2 inputs, but has 1")
        let other = Graph.Node(.input(name: "y"), types: [TensorType(.i32, [3])])
        #expect(
            message(
                [input, other, add([.init(0), .init(1)], vector)], inputs: [0, 1], outputs: [])
                == "node 2 (binary): add: takes operands of one dtype, not f32[3] and i32[3]; cast "
                + "one of them")
        let constant = Graph.Constant(vector, bytes: Array(repeating: 0, count: 12))
        #expect(
            message([Graph.Node(.constant(constant), types: [wrong])], inputs: [], outputs: [])
                == "node 0 (constant): has type f32[4], but its elements are a f32[3]")
    }

    @Test func inputsAreDistinctAndComplete() {
        let sum = add([.init(0), .init(0)], vector)
        #expect(
            message([input, sum], inputs: [], outputs: [.init(1)])
                == "node 0 (input 'x'): is not listed among the inputs of the graph")
        #expect(
            message([input, sum], inputs: [0, 0], outputs: [.init(1)])
                == "node 0 (input 'x'): is listed as an input twice")
        #expect(
            message([input, sum], inputs: [0, 1], outputs: [.init(1)])
                == "node 1 (binary): is listed as an input of the graph, but is none")
        #expect(
            message([input], inputs: [3], outputs: [])
                == "inputs: node 3 is listed, but there are 1 nodes")
        #expect(
            message([Graph.Node(.input(name: "x"), types: [])], outputs: [])
                == "node 0 (input 'x'): takes no inputs and gives one value, but has 0 inputs and 0 "
                + "values")
    }
}
