import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Attention with every kind of mask against its formula.
@Suite(.printsSeed) struct AttentionFunctionTests {
    private enum Kind: CaseIterable { case none, bool, added }

    /// Queries, keys and values [2, 3, length, …], the mask [1, length, positions] last.
    private static func operands(_ kind: Kind)
        -> @Sendable (DType, CaseSize, inout SeededGenerator)
        -> [HostArray]
    {
        { dtype, size, generator in
            let (length, positions) = (generator.int(1...4), generator.int(1...4))
            let domain = Domain(low: -2, high: 2, specials: [])
            var arrays = [[2, length, 3], [2, positions, 3], [1, positions, 2]].map {
                generator.array(dtype, Shape($0), domain, size)
            }
            let shape = generator.pick([[positions], [length, positions], [2, length, positions]])
            let count = shape.reduce(1, *)
            switch kind {
            case .none: break
            case .bool:
                // Now and then a query that may look nowhere.
                let values = (0..<count).map { _ in Double(generator.int(0...1)) }
                arrays.append(HostArray(.bool, Shape(shape), values))
            case .added:
                let values = (0..<count).map { _ in
                    generator.oneIn(2) ? -Double.infinity : generator.double(-1, 1)
                }
                arrays.append(HostArray(dtype, Shape(shape), values))
            }
            return arrays
        }
    }

    private static func attention(
        _ arrays: [HostArray], isCausal: Bool, scale: Double
    ) -> HostArray {
        let (query, key, value) = (arrays[0], arrays[1], arrays[2])
        let positions = key.shape[1]
        return HostArray(TensorType(query.dtype, [2, query.shape[1], 2])) { index in
            let (batch, row, column) = (index[0], index[1], index[2])
            let scores = (0..<positions).map { position -> Double in
                if isCausal, position > row { return -.infinity }
                let product = (0..<3).reduce(0.0) {
                    $0 + query[[batch, row, $1]].real * key[[batch, position, $1]].real
                }
                guard arrays.count > 3 else { return product * scale }
                let mask = arrays[3].broadcastElement(at: [batch, row, position])
                if case .integer(let allows) = mask {
                    return allows == 0 ? -.infinity : product * scale
                }
                return product * scale + mask.real
            }
            let largest = scores.max()!
            if largest == -.infinity { return .real(0) }
            let weights = scores.map { exp($0 - largest) }
            let sum = weights.reduce(0, +)
            let mixed = (0..<positions).reduce(0.0) {
                $0 + weights[$1] / sum * value[[0, $1, column]].real
            }
            return .real(mixed)
        }
    }

    private static let rows: [FunctionRow] = Kind.allCases.flatMap { kind in
        [(false, nil), (true, 0.7)].map { isCausal, scale in
            FunctionRow(
                description: "attention, mask \(kind), causal \(isCausal)",
                operands: operands(kind),
                function: {
                    scaledDotProductAttention(
                        $0[0], $0[1], $0[2], mask: kind == .none ? nil : $0[3],
                        isCausal: isCausal, scale: scale)
                },
                reference: {
                    attention($0, isCausal: isCausal, scale: scale ?? 1 / 3.0.squareRoot())
                },
                // An infinity of a mask has no central difference; `slopes` looks at these.
                differentiableOrders: kind == .added ? 0 : 2, reductionLength: 40)
        }
    }

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    /// The slopes of hidden positions, and of queries that see none, are 0 and not NaN.
    @Test func slopesOfWhatIsHidden() throws {
        let shapes: [Shape] = [[2, 3], [4, 3], [4, 2]]
        let operands = shapes.map { Symbol.variable("x", .f32, $0) }
        let mask = Symbol.variable("mask", .f32, [2, 4])
        let y = scaledDotProductAttention(operands[0], operands[1], operands[2], mask: mask)
        let slopes = gradients(of: y.sum(), at: operands + [mask])
        var generator = SeededGenerator(seed: 4)
        let values = shapes.map { generator.array(.f32, $0, Domain(specials: []), .any) }
        let hidden = -Double.infinity
        let masks = HostArray(
            .f32, [2, 4], [0, hidden, 0.5, hidden, hidden, hidden, hidden, hidden])
        let found = try GraphEvaluator(slopes)(
            Array(zip(operands + [mask], values + [masks])))
        #expect(found.allSatisfy { $0.reals.allSatisfy { $0.isFinite } })
        #expect(found[0].reals[3...].allSatisfy { $0 == 0 })
        #expect(found[2].reals[2..<4].allSatisfy { $0 == 0 })
    }

    private static let mistakes: [Mistake] = [
        Mistake(["scaledDotProductAttention", "[3]"]) {
            let x = Symbol.variable("x", .f32, [3])
            return scaledDotProductAttention(x, x, x)
        },
        Mistake(["matmul", "[2, 3]", "[4, 2]"]) {
            scaledDotProductAttention(
                .variable("q", .f32, [2, 3]), .variable("k", .f32, [2, 4]),
                .variable("v", .f32, [2, 4]))
        },
    ]

    @Test func mistakesAreNamed() { for mistake in Self.mistakes { mistake.check() } }
}
