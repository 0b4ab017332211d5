import Braid
import BraidTestSupport
import Foundation
import Testing

/// Where `parameters` looks, and what it calls what it finds.
struct ParameterSearchTests {
    private enum Head: Hashable { case boxes, classes }
    private struct Pair: Sendable {
        let left = Dense(1, inputs: 1, usesBias: false)
        let right: Dense? = Dense(1, inputs: 1, usesBias: false)
    }
    private class Base: @unchecked Sendable { let low = Dense(1, inputs: 1, usesBias: false) }
    private final class Derived: Base, @unchecked Sendable {
        let high = Dense(1, inputs: 1, usesBias: false)
        // A cycle.
        var itself: Derived?
    }
    private indirect enum Tree: Sendable {
        case leaf(Dense)
        case fork(left: Tree, right: Tree)
        case none
    }
    @propertyWrapper private struct Wrapped<Value: Sendable>: Sendable {
        var wrappedValue: Value
    }
    private static func dense() -> Dense { Dense(1, inputs: 1, usesBias: false) }

    private struct Everything: Block {
        let plain = Pair()
        let object = Derived()
        let tuple = (Self.make(), named: Self.make())
        let maybe: (Dense, Int)? = (Self.make(), 3)
        let tree = Tree.fork(
            left: .leaf(Self.make()), right: .fork(left: .none, right: .leaf(Self.make())))
        let array = [Pair()]
        let any: any Sendable = Pair()
        let byName = ["b": Self.make(), "a": Self.make(), "c.d": Self.make()]
        let byNumber = [10: Self.make(), 9: Self.make()]
        let byCase = [Head.classes: Self.make(), .boxes: Self.make()]
        let nested = ["x": ["k": [Pair()]]]
        let inOrder: KeyValuePairs = ["z": Self.make(), "y": Self.make()]
        let loose = ["w": Parameter([2])]
        @Wrapped var wrapped = Self.make()
        let text = ["not", "these"]
        let numbers = [Int](repeating: 1, count: 1_000_000)
        let closure: @Sendable (NDArray) -> NDArray = { $0 }

        static func make() -> Dense { ParameterSearchTests.dense() }
        func forward(_ x: NDArray) -> NDArray { x }
    }

    @Test func everywhereThatAMirrorSees() {
        let block = Everything()
        block.object.itself = block.object
        let names = block.parameters.map(\.name)
        #expect(
            names == [
                "plain.left.weight", "plain.right.weight", "object.low.weight",
                "object.high.weight",
                "tuple.0.weight", "tuple.named.weight", "maybe.0.weight",
                "tree.fork.left.leaf.weight", "tree.fork.right.fork.right.leaf.weight",
                "array.0.left.weight", "array.0.right.weight", "any.left.weight",
                "any.right.weight",
                "byName.a.weight", "byName.b.weight", "byName.c.d.weight", "byNumber.9.weight",
                "byNumber.10.weight", "byCase.boxes.weight", "byCase.classes.weight",
                "nested.x.k.0.left.weight", "nested.x.k.0.right.weight", "inOrder.z.weight",
                "inOrder.y.weight", "loose.w", "wrapped.weight",
            ])
        let start = ContinuousClock.now
        for _ in 0..<20 { _ = block.parameters }
        #expect(
            ContinuousClock.now - start < .seconds(2), "a million numbers are looked at one by one")
    }

    /// What is trained is what is found: saved and loaded, too.
    @Test func savedAndLoadedByName() throws {
        struct Heads: Block {
            let heads: [String: Dense]
            init(_ order: [String]) {
                var heads: [String: Dense] = [:]
                for name in order { heads[name] = Dense(2, inputs: 2) }
                self.heads = heads
            }
            func forward(_ x: NDArray) -> NDArray { heads["a0"]!(x) }
        }
        try withTemporaryFile { path in
            let names = (0..<30).map { "a\($0)" }
            let first = Heads(names)
            try first.saveParameters(to: path)
            // Filled in another order, a dictionary iterates in another one.
            let second = Heads(names.reversed())
            #expect(first.parameters.map(\.name) == second.parameters.map(\.name))
            try second.loadParameters(from: ParameterFile(path: path))
            for name in names {
                #expect(
                    try first.heads[name]!.weight.scalars(as: Float.self)
                        == second.heads[name]!.weight.scalars(as: Float.self))
            }
        }
    }

    private final class Node: @unchecked Sendable {
        let dense = ParameterSearchTests.dense()
        var neighbours: [Node] = []
    }
    private struct Net: Block {
        let nodes: [Node]
        func forward(_ x: NDArray) -> NDArray { x }
    }

    /// Every object is entered once, however many ways lead there.
    @Test func objectsThatReferToEachOther() {
        let nodes = (0..<20).map { _ in Node() }
        for node in nodes { node.neighbours = nodes }
        let parameters = Net(nodes: nodes).parameters
        #expect(parameters.count == 20)
        #expect(parameters["nodes.3.dense.weight"] === nodes[3].dense.$weight)
        for node in nodes { node.neighbours = [] }
    }

    @Test func sharedObjectsHaveSeveralNames() {
        struct Tied: Block {
            let encoder: Node
            let decoder: Node
            func forward(_ x: NDArray) -> NDArray { x }
        }
        let node = Node()
        let parameters = Tied(encoder: node, decoder: node).parameters
        #expect(parameters.map(\.name) == ["encoder.dense.weight"])
        #expect(parameters["decoder.dense.weight"] === node.dense.$weight)
    }

    private final class Chain: @unchecked Sendable {
        var dense: Dense?
        var next: Chain?
        deinit {
            // Not one inside of the other.
            var rest = next.take()
            while let link = rest, isKnownUniquelyReferenced(&rest) { rest = link.next.take() }
        }
    }
    private struct Links: Block {
        let first: Chain
        func forward(_ x: NDArray) -> NDArray { x }
    }

    private func links(_ count: Int) -> Links {
        let first = Chain()
        var last = first
        for _ in 1..<count {
            last.next = Chain()
            last = last.next!
        }
        last.dense = Self.dense()
        return Links(first: first)
    }

    @Test func deepNestingIsNoTrouble() throws {
        #expect(links(4000).parameters.count == 1)
        let error = #expect(throws: ArrayError.self) { try validating { links(20_000).parameters } }
        #expect(error?.description.contains("10000 deep") == true, "\(String(describing: error))")
    }

    private struct Holder<Value: Sendable>: Block {
        let value: Value
        init(_ value: Value) { self.value = value }
        func forward(_ x: NDArray) -> NDArray { x }
    }
    private final class Key: Hashable, Sendable {
        static func == (a: Key, b: Key) -> Bool { a === b }
        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
    }
    private struct Element: Hashable, Sendable {
        let dense = ParameterSearchTests.dense()
        static func == (a: Element, b: Element) -> Bool { a.dense.$weight === b.dense.$weight }
        func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(dense.$weight)) }
    }

    @Test func namesThatDoNotStayAreMistakes() {
        func message(_ block: some Block) -> String {
            let error = #expect(throws: ArrayError.self) { try validating { block.parameters } }
            return error?.description ?? ""
        }
        #expect(message(Holder(Set([Element()]))).contains("stands in a set"))
        #expect(message(Holder([Key(): Self.dense()])).contains("whose keys are no names"))
        #expect(
            message(Holder([ObjectIdentifier(Key()): Self.dense()])).contains(
                "whose keys are no names"))
    }

    @Test func equalNamesAreMistakes() {
        struct Two: Block {
            let a = ["b.c": ParameterSearchTests.dense(), "b": ParameterSearchTests.dense()]
            let d = ["c": ["weight": Parameter([1])], "c.weight": ["": Parameter([1])]]
            func forward(_ x: NDArray) -> NDArray { x }
        }
        let error = #expect(throws: ArrayError.self) { try validating { Two().parameters } }
        #expect(error?.description.contains("two parameters are called 'd.c.weight'") == true)
    }

    /// Other trainers' own parameters are no part of the block that holds a trainer.
    @Test func trainersAreNoPartOfANetwork() {
        struct Learner: Block {
            let network: Dense
            let trainer: Trainer
            let loader: DataLoader
            func forward(_ x: NDArray) -> NDArray { network(x) }
        }
        let dense = Dense(1, inputs: 1)
        let data = ArrayDataset(inputs: .zeros([1, 1]), labels: NDArray([Int64(0)]))
        let learner = Learner(
            network: dense, trainer: Trainer(dense.parameters, .sgd(learningRate: 1)),
            loader: DataLoader(data, batchSize: 1))
        #expect(learner.parameters.map(\.name) == ["network.weight", "network.bias"])
    }

    @Test func patternsThatFitNothingAreMistakes() {
        let network = Sequential { for _ in 0..<30 { Dense(1, inputs: 1) } }
        let error = #expect(throws: ArrayError.self) {
            try validating { network.parameters.matching("fc.*").freeze() }
        }
        let text = error?.description ?? ""
        #expect(text.contains("no name fits 'fc.*'; there are 0.weight, 0.bias, "), "\(text)")
        #expect(text.contains("and 40 more"), "\(text)")
    }
}
