import BraidCore
import Testing

@Suite struct SymbolTests {
    @Test func symbolsKnowTheirTypes() {
        let x = Symbol.variable("x", .f64, [2, 3])
        #expect(x.type == TensorType(.f64, [2, 3]))
        #expect((x.rank, x.count, x.dtype, x.shape) == (2, 6, .f64, [2, 3]))
        let y = Symbol.apply(Probe(axis: 1), x)
        #expect(y.type == x.type)
        #expect(y.node.inputs.count == 1 && y.node.inputs[0] === x)
        guard case .operation(let op) = y.node.kind else {
            Issue.record("no operation")
            return
        }
        #expect(op as? Probe == Probe(axis: 1))
    }

    @Test func severalOutputsShareANode() {
        let x = Symbol.variable("x", .f32, [4])
        let outputs = Symbol.applyAll(Pair(), to: [x])
        #expect(outputs.map(\.type) == [TensorType(.f32, [4]), TensorType(.i64, [4])])
        #expect(outputs[0].node === outputs[1].node)
        #expect(!(outputs[0] === outputs[1]))
    }

    @Test func allAritiesBuildNodes() {
        let x = Symbol.variable("x", .f32, [4])
        #expect(Symbol.apply(Probe(), x, x).node.inputs.count == 2)
        #expect(Symbol.apply(Probe(), x, x, x).node.inputs.count == 3)
        #expect(Symbol.apply(Probe(), over: [x, x, x, x]).node.inputs.count == 4)
    }

    @Test func keysAreFresh() {
        let (a, b) = (Symbol.randomKey(), Symbol.randomKey())
        #expect(a.type == TensorType(.i64, [2]))
        #expect(!(a === b))
    }

    /// Both a chain and a ladder: the release must neither recurse nor visit a node twice.
    @Test func deepGraphsAreReleasedWithoutRecursion() {
        weak var first: Node?
        do {
            var chain = Symbol.variable("x", .f32, [4])
            first = chain.node
            for _ in 0..<200_000 { chain = Symbol.apply(Probe(), chain) }
            for _ in 0..<50_000 { chain = Symbol.apply(Probe(), chain, chain) }
            #expect(first != nil)
        }
        #expect(first == nil)
    }

    /// A part of a graph that someone still holds survives the rest.
    @Test func heldPartsSurviveTheRest() {
        let x = Symbol.variable("x", .f32, [4])
        let middle = Symbol.apply(Probe(), Symbol.apply(Probe(), x))
        do {
            var end = middle
            for _ in 0..<1_000 { end = Symbol.apply(Probe(), end) }
        }
        #expect(middle.node.inputs.count == 1)
        #expect(middle.node.inputs[0].node.inputs[0] === x)
    }
}
