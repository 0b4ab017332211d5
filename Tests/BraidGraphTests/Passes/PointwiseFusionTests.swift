import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct PointwiseFusionTests {
    private let x = Symbol.variable("x", .f32, [4, 5])
    private let y = Symbol.variable("y", .f32, [5])
    private let z = Symbol.variable("z", .f32, [4, 5])

    /// The fused graph, which gives the bits of the other.
    private func fused(_ outputs: [Symbol], from inputs: [Symbol]) throws -> Graph {
        let graph = Graph(outputs, from: inputs)
        let result = try PointwiseFusion().verifiedRun(on: graph)
        var generator = SeededGenerator(seed: 7)
        let arguments = generator.arguments(of: graph)
        #expect(try result.evaluated(arguments) == graph.evaluated(arguments))
        return result
    }

    @Test func chainsAndTrees() throws {
        let chain = try fused([((x * 2 + 1).tanh() - 3).relu()], from: [x])
        #expect(chain.operatorNames == ["fused_pointwise"])
        #expect(chain.fusedOperators[0].instructionCount == 5)
        let tree = try fused([(x * y + z.exp()) / (x.square() + y.cos().exp())], from: [x, y, z])
        // The cosine and its exponential have the shape of y.
        #expect(tree.fusedOperators.map(\.instructionCount) == [2, 6])
    }

    @Test func summariesCountNodes() {
        let graph = Graph([(x * 2 + 1).sum(), (z + 1).exp() * 3], from: [x, z])
        #expect(PointwiseFusion().run(on: graph).summary == "fused 5 nodes into 2")
    }

    @Test func castsComparisonsAndTruthValues() throws {
        let isSmall = (x .< z) .& (x .> -0.5).logicalNot()
        let mixed = select(isSmall, x.cast(to: .f64).exp(), z.cast(to: .f64) * 2)
        let graph = try fused([mixed.cast(to: .f16).cast(to: .f32), isSmall], from: [x, z])
        #expect(graph.operatorNames == ["fused_pointwise"])
        #expect(graph.outputs.map(graph.type(of:)).map(\.dtype) == [.f32, .bool])
    }

    @Test func valuesMayBeUsedInsideAndOutside() throws {
        let exponential = x.exp()
        let graph = try fused(
            [exponential * 2 + y, exponential.matmul(z.transposed()), exponential], from: [x, y, z])
        #expect(graph.operatorNames.sorted() == ["fused_pointwise", "matmul", "transpose"])
        #expect(graph.fusedOperators[0].instructionCount == 3)
        #expect(graph.nodes.first { $0.op is FusedPointwise }?.types.count == 2)
    }

    @Test func fillsBecomeConstants() throws {
        let zero = Symbol.zeros([])
        let graph = try fused([select(x .> 0, z, zero), zero + y], from: [x, y, z])
        #expect(graph.operatorNames == ["fused_pointwise", "fused_pointwise"])
        // One that others take stays for them.
        let shared = try fused([x + zero, zero], from: [x])
        #expect(shared.operatorNames == ["fused_pointwise", "fill"])
        // The fill alone has the shape of the result.
        let stretched = try fused([(y + Symbol.ones([4, 5])).exp()], from: [y])
        #expect(stretched.fusedOperators.map(\.shape) == [[4, 5]])
    }

    /// Naive fusion of all pointwise neighbours makes the sum depend on what depends on it.
    @Test func neverACycle() throws {
        let a = x.exp()
        let sum = try fused([a + a.sum(over: 1, keepingDimensions: true)], from: [x])
        #expect(sum.operatorNames == ["unary", "reduction", "binary"])
        // The same over two paths, of which one is pointwise throughout.
        let b = (a * 2).sin()
        let c = (b.softmax() * 3).cos()
        let graph = try fused([(a + b) * c, b + c], from: [x])
        #expect(graph.fusedOperators.count == 2)
        // Two groups that would each depend on the other.
        let (p, q) = (x.exp(), z.exp())
        let crossed = [p + q.softmax(), q + p.softmax()].map { $0 * 2 }
        #expect(try fused(crossed, from: [x, z]).fusedOperators.count == 2)
    }

    /// Factors of a backward pass are computed where they are used, not stored from the forward pass.
    @Test func backwardFactorsAreDelayed() throws {
        let w = Symbol.variable("w", .f32, [5, 5])
        let hidden = x.matmul(w).tanh()
        let output = hidden.matmul(w).tanh()
        let found = gradients(of: [output], cotangents: [z], at: [x]).compactMap(\.self)
        let whole = Graph([output] + found, from: [x, w, z])
        // Between the factors stand reshapes to the same shape, which go first.
        let graph = try PointwiseFusion().verifiedRun(on: DeadNodes().verifiedRun(on: whole))
        // The last layer's z (1 - output²) goes with the output, which is at hand; the hidden layer's
        // 1 - hidden² waits for the cotangent.
        #expect(
            graph.operatorNames.filter { $0 != "transpose" } == [
                "matmul", "unary", "matmul", "fused_pointwise", "matmul", "fused_pointwise",
                "matmul",
            ])
        #expect(graph.fusedOperators.map(\.instructionCount) == [4, 3])
    }

    @Test func streamsAreLimited() throws {
        let inputs = (0..<150).map { Symbol.variable("\($0)", .f32, [3]) }
        let sum = inputs.dropFirst().reduce(inputs[0].exp()) { $0 + $1 }
        let graph = try fused([sum], from: inputs)
        #expect((4...6).contains(graph.operationCount))
        #expect(graph.fusedOperators.map(\.instructionCount).reduce(0, +) == 150)
        // Many results of one group.
        let double = x * 2
        let results = (1...100).map { double + Double($0) }
        #expect(try fused(results, from: [x]).operationCount <= 5)
    }

    @Test func registersAreLimited() throws {
        // All values are there before the first of them is used for the last time.
        let values = (1...60).map { (x + z).exp() * Double($0) }
        let forward = values.reduce(x) { $0 + $1 }
        let backward = values.reversed().reduce(x) { $0 * $1 }
        let graph = Graph([forward * backward], from: [x, z])
        let merged = try CommonSubexpressions().verifiedRun(on: graph)
        let result = try PointwiseFusion().verifiedRun(on: merged)
        #expect(result.operationCount < 30)
        var generator = SeededGenerator(seed: 3)
        let arguments = generator.arguments(of: graph)
        #expect(try result.evaluated(arguments) == graph.evaluated(arguments))
        // A tree needs few registers when one branch is computed after the other.
        let pieces = (1...100).map { x.sin() * Double($0) }
        let sum = pieces.reduce(z) { $0 + $1 }
        #expect(try fused([sum], from: [x, z]).operationCount == 1)
    }

    @Test func fusingAgainChangesNothing() throws {
        let once = try fused([(x * 2 + y).exp(), (x - y).softmax() * 2 + z], from: [x, y, z])
        let again = try PointwiseFusion().verifiedRun(on: once)
        #expect(again.operatorNames == once.operatorNames)
    }

    /// Every pointwise operator, every dtype: between two copies, which makes a group of three.
    @Test(
        arguments: Sample.all.filter(\.isPointwise))
    func everyOperatorKeepsItsBits(_ sample: Sample) {
        for dtype in sample.dtypes {
            Seeds.repeated(3) { generator in
                let call = sample.make(dtype, .any, &generator)
                let inputs = call.inputs.map { Symbol.variable("x", $0.dtype, $0.shape) }
                func apply<O: Operator>(_ op: O) -> Symbol {
                    Symbol.apply(op, over: inputs.map { $0.copied() })
                }
                let graph = Graph([apply(call.op).copied()], from: inputs)
                let result = try PointwiseFusion().verifiedRun(on: graph)
                let arguments = call.inputs.map(\.constant)
                #expect(
                    try result.evaluated(arguments) == graph.evaluated(arguments),
                    "\(call.summary)")
                #expect(!result.fusedOperators.isEmpty)
            }
        }
    }

    /// Deep and wide graphs of 10,000 nodes take less than a second, and twice as many about twice
    /// as long.
    @Test func timeIsLinear() throws {
        func graph(_ count: Int) -> Graph {
            var (deep, wide) = (x, [Symbol]())
            for index in 0..<count / 4 { deep = (deep * 1.01).sin() + Double(index) }
            for index in 0..<count / 12 { wide.append((x + Double(index)).exp().sum(over: 0) * 2) }
            return Graph([deep] + wide, from: [x])
        }
        func seconds(_ graph: Graph) -> Double {
            let start = clock()
            let result = PointwiseFusion().run(on: graph)
            #expect(result.graph.nodes.count < graph.nodes.count)
            return Double(clock() - start) / Double(CLOCKS_PER_SEC)
        }
        let (small, large) = (graph(10_000), graph(40_000))
        #expect(small.nodes.count > 10_000)
        let (short, long) = (seconds(small), seconds(large))
        #expect(short < 1)
        #expect(long < 12 * short + 0.05)
    }

    /// The names stand in files.
    @Test func opcodesHaveTheNamesOfFunctions() {
        let type = TensorType(.f32, [])
        func name(_ op: any PointwiseOperator, _ types: [TensorType]) -> String {
            "\(TileProgram.Instruction(op, of: types, operands: [], result: 0).opcode)"
        }
        for function in Unary.Function.allCases {
            #expect(name(Unary(function), [type]) == "\(function)")
        }
        for function in Binary.Function.allCases {
            #expect(name(Binary(function), [type, type]) == "\(function)")
            if Sample.withoutScalarForms.contains(function) { continue }
            #expect(name(BinaryScalar(function, 2), [type]) == "\(function)Scalar")
        }
        for function in Comparison.Function.allCases {
            #expect(name(Comparison(function), [type, type]) == "\(function)")
            #expect(name(ComparisonScalar(function, 2), [type]) == "\(function)Scalar")
        }
        let truth = TensorType(.bool, [])
        for function in Logical.Function.allCases {
            #expect(name(Logical(function), [truth, truth]) == "\(function)")
        }
        #expect(name(Select(), [truth, type, type]) == "select")
        #expect(name(Cast(to: .i8), [type]) == "cast")
        #expect(name(Copy(), [type]) == "copy")
        #expect(name(IsNaN(), [type]) == "isNaN")
        #expect(name(Fill([], .f32, 0), []) == "constant")
        let reversed: [(Binary.Function, String)] = [
            (.subtract, "scalarSubtract"), (.divide, "scalarDivide"), (.power, "scalarPower"),
            (.remainder, "scalarRemainder"),
        ]
        for (function, expected) in reversed {
            #expect(name(BinaryScalar(function, 2, isScalarFirst: true), [type]) == expected)
        }
    }
}
