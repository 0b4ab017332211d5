import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// The reverse pass over graphs of many operators.
@Suite(.printsSeed) struct GradientPassTests {
    private let x = Symbol.variable("x", .f64, [2])
    private let one = Symbol.ones([2], dtype: .f64)

    private func values(_ symbols: [Symbol], at x: [Double]) throws -> [[Double]] {
        try GraphEvaluator(symbols)([(self.x, HostArray(.f64, [2], x))]).map(\.reals)
    }

    @Test func inputsThatNothingDependsOnHaveNone() {
        let unused = Symbol.variable("unused", .f64, [3])
        let flowing = gradients(of: [x * 2], cotangents: [one], at: [unused, x])
        #expect(flowing[0] == nil)
        #expect(flowing[1] != nil)
    }

    @Test func nothingFlowsThroughWhatIsNotDifferentiable() {
        let count = (x .> 0).cast(to: .f64)
        #expect(gradients(of: [count], cotangents: [one], at: [x])[0] == nil)
        #expect(gradients(of: [x.floor()], cotangents: [one], at: [x])[0] == nil)
    }

    @Test func anInputThatIsAnOutputHasTheCotangent() throws {
        let flowing = gradients(of: [x, x * 3], cotangents: [one, one], at: [x])
        #expect(try values([flowing[0]!], at: [5, 7]) == [[4, 4]])
    }

    @Test func inputsMayBeInnerValues() throws {
        let inner = x * x
        let flowing = gradients(of: [inner * inner], cotangents: [one], at: [inner, x])
        // d(x^4) / d(x^2) and d(x^4) / dx.
        #expect(try values(flowing.map { $0! }, at: [2, 3]) == [[8, 18], [32, 108]])
    }

    @Test func sameInputTwiceHasTheSameGradient() throws {
        let flowing = gradients(of: [x * x], cotangents: [one], at: [x, x])
        #expect(try values(flowing.map { $0! }, at: [2, 3]) == [[4, 6], [4, 6]])
    }

    /// MXNet once made a cycle of this (its issue 8029).
    @Test func aValueSummedEightTimesHasEightfoldGradient() throws {
        var sum = x
        for _ in 1..<8 { sum = sum + x }
        let pairwise = ((x + x) + (x + x)) + ((x + x) + (x + x))
        for output in [sum, pairwise] {
            let flowing = gradients(of: [output], cotangents: [one], at: [x])
            #expect(try values([flowing[0]!], at: [1, 2]) == [[8, 8]])
        }
    }

    /// Cotangents that meet are added in an order that follows from the graph alone: two passes give
    /// the same graph, and so the same bits.
    @Test func sumsHaveAFixedOrder() throws {
        let pieces = (1...9).map { x * (0.1 * Double($0)) }
        let output = pieces.dropFirst().reduce(pieces[0].sin()) { $0 * $1.exp() }
        func pass() -> Symbol { gradients(of: [output], cotangents: [one], at: [x])[0]! }
        let (first, second) = (pass(), pass())
        #expect(structure(of: first) == structure(of: second))
        #expect(
            try values([first], at: [0.3, -0.7]).map { $0.map(\.bitPattern) }
                == values([second], at: [0.3, -0.7]).map { $0.map(\.bitPattern) })
    }

    /// The operators of a graph and their inputs' places, in topological order.
    private func structure(of symbol: Symbol) -> [String] {
        let order = TopologicalOrder(of: [symbol])
        return order.nodes.map { node in
            let places = node.inputs.map { "\(order.position(of: $0.node)!).\($0.index)" }
            return "\(node.kind) \(places)"
        }
    }

    /// As deep as no call stack is: the pass, the order, the evaluation and the release are loops.
    @Test func deepGraphsNeedNoDeepStack() throws {
        let depth = 100_000
        var output = x
        for _ in 0..<depth { output = output * 1 }
        let flowing = gradients(of: [output + 1], cotangents: [one], at: [x])[0]!
        let order = TopologicalOrder(of: [flowing])
        #expect(order.nodes.count >= depth)
        #expect(try values([flowing], at: [1, 2]) == [[1, 1]])
    }

    /// Shared values make exponentially many paths; each node is visited once.
    @Test func sharedValuesAreVisitedOnce() throws {
        var output = x
        for _ in 0..<60 { output = output + output }
        let flowing = gradients(of: [output], cotangents: [one], at: [x])[0]!
        #expect(TopologicalOrder(of: [flowing]).nodes.count < 400)
        #expect(try values([flowing], at: [1, 1]) == [[0x1p60, 0x1p60]])
    }

    /// The 16-bit types have no arithmetic, yet cotangents of such values are summed too.
    @Test(arguments: [DType.f16, .bf16]) func halfPrecisionValuesHaveGradients(_ dtype: DType)
        throws
    {
        let half = x.cast(to: dtype)
        let wide = half.broadcast(to: [3, 2]).cast(to: .f64)
        let picked = half.gathered(at: .zeros([4], dtype: .i64)).cast(to: .f64)
        let output = wide.sum() + (picked * 2).sum() + half.cast(to: .f64).sum()
        let flowing = gradients(of: [output], cotangents: [.ones([], dtype: .f64)], at: [x])
        #expect(try values([flowing[0]!], at: [5, 7]) == [[12, 4]])
    }

    @Test func severalCotangentsAddUp() throws {
        let cotangents = [
            Symbol.full([2], 2, dtype: .f64), Symbol.full([2], 5, dtype: .f64),
        ]
        let flowing = gradients(of: [x * 3, x * x], cotangents: cotangents, at: [x])
        #expect(try values([flowing[0]!], at: [1, 2]) == [[16, 26]])
    }

    /// The pass applied to its own result.
    @Test func thirdDerivatives() throws {
        var derivative = x * x * x * x
        for _ in 0..<3 {
            derivative = gradients(of: [derivative], cotangents: [one], at: [x])[0]!
        }
        #expect(try values([derivative], at: [1, 2.5]) == [[24, 60]])
    }

    /// Random compositions of operators against central differences.
    @Test func randomGraphsHaveTheRightGradients() {
        Seeds.repeated(20) { generator in
            let inputs = (0..<3).map { _ in
                generator.array(.f64, generator.broadcastable(to: [2, 3]), .positive, .small)
            }
            let variables = inputs.map { Symbol.variable("x", .f64, $0.shape) }
            var pool = variables
            for _ in 0..<12 {
                let (a, b) = (generator.pick(pool), generator.pick(pool))
                let steps: [() -> Symbol] = [
                    { a + b }, { a - b }, { a * b * 0.3 }, { a.tanh() }, { a.sigmoid() * b },
                    { (a * 0.1).exp() }, { a.sum(over: 0, keepingDimensions: true) },
                    { a.softmax() }, { a.transposed().transposed() }, { a * a.mean() },
                ]
                // A scalar has no axis to reduce.
                pool.append(a.rank == 0 ? a.sin() + b : generator.pick(steps)())
            }
            let output = pool.suffix(4).reduce(pool[0]) { $0 + $1 }
            let cotangent = generator.array(.f64, output.shape, Domain(low: -1, high: 1), .small)
            let seed = Symbol.variable("dy", .f64, output.shape)
            let evaluate = GraphEvaluator([output])
            let expected = try numericalGradients(
                of: { try evaluate(Array(zip(variables, $0))) }, at: inputs,
                positions: Array(inputs.indices), cotangents: [cotangent])
            let flowing = gradients(of: [output], cotangents: [seed], at: variables)
            for (expected, gradient) in zip(expected, flowing) {
                guard let gradient else {
                    #expect(expected.reals.allSatisfy { $0 == 0 })
                    continue
                }
                let computed = try GraphEvaluator([gradient])(
                    Array(zip(variables + [seed], inputs + [cotangent])),
                    .observed(seed: generator.next()))[0]
                let difference = computed.difference(
                    from: expected, reductionLength: 64, byCentralDifferences: true)
                #expect(difference == nil)
            }
        }
    }
}
