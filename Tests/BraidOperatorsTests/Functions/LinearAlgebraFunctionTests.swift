import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Systems, inverses and factors, multiplied out again.
@Suite(.printsSeed) struct LinearAlgebraFunctionTests {
    /// Matrices with a heavy diagonal.
    private static func matrices(
        _ shape: Shape
    ) -> @Sendable (DType, CaseSize, inout SeededGenerator) -> HostArray {
        { dtype, _, generator in
            HostArray(TensorType(dtype, shape)) { index in
                let isDiagonal = index[index.count - 1] == index[index.count - 2]
                return .real(isDiagonal ? generator.double(3, 4) : generator.double(-0.5, 0.5))
            }
        }
    }

    /// A row whose function gives its last operand back.
    private static func identity(
        _ description: String, _ first: Shape, _ second: Shape? = nil, orders: Int = 2,
        _ function: @escaping @Sendable ([Symbol]) -> Symbol
    ) -> FunctionRow {
        FunctionRow(
            description: description,
            operands: { dtype, size, generator in
                [matrices(first)(dtype, size, &generator)]
                    + (second.map { [generator.array(dtype, $0, Domain(specials: []), size)] } ?? [])
            },
            function: function, reference: { $0.last! }, differentiableOrders: orders,
            reductionLength: 60)
    }

    static let rows: [FunctionRow] = [
        identity("solve", [2, 3, 3], [2, 3, 2]) { $0[0].matmul(solve($0[0], $0[1])) },
        identity("solve for a vector", [3, 3], [3]) { $0[0].matmul(solve($0[0], $0[1])) },
        identity("solve, broadcasting matrices", [3, 3], [2, 3, 2]) {
            $0[0].matmul(solve($0[0], $0[1]))
        },
        identity("triangular solve", [3, 3], [3, 2]) {
            $0[0].lowerTriangle().matmul(triangularSolve($0[0], $0[1], lower: true))
        },
        identity("triangular solve with ones", [2, 3, 3], [2, 3, 1]) {
            ($0[0].upperTriangle(diagonal: 1) + .eye(3, dtype: $0[0].dtype))
                .matmul(triangularSolve($0[0], $0[1], lower: false, unitDiagonal: true))
        },
        identity("inverse of the inverse", [2, 3, 3]) { $0[0].inverse().inverse() },
        identity("factors of a square matrix", [3, 3]) { a in
            let (q, r) = a[0].qr()
            return q.matmul(r)
        },
        identity("factors of tall matrices", [2, 4, 2]) { a in
            let (q, r) = a[0].qr()
            return q.matmul(r)
        },
        identity("factors of a wide matrix", [2, 4]) { a in
            let (q, r) = a[0].qr()
            return q.matmul(r)
        },
        FunctionRow(
            description: "Cholesky factors multiplied",
            operands: { dtype, size, generator in [matrices([2, 3, 3])(dtype, size, &generator)] },
            function: { a in
                let l = a[0].cholesky()
                return l.matmul(l.matrixTransposed())
            },
            reference: { values in
                HostArray(values[0].type) { index in
                    let mirrored = [index[0], index[2], index[1]]
                    return .real((values[0][index].real + values[0][mirrored].real) / 2)
                }
            }, reductionLength: 30),
    ]

    @Test(arguments: rows) func valuesAndDerivatives(_ row: FunctionRow) { row.check() }

    private func values(_ symbol: Symbol) throws -> [Double] {
        try GraphEvaluator([symbol])([])[0].reals
    }

    @Test func whatHasNoAnswer() throws {
        let indefinite = Symbol.eye(2) * -1
        #expect(try values(indefinite.cholesky())[0].isNaN)
        let singular = Symbol.ones([2, 2])
        #expect(try values(singular.determinant()) == [0])
        #expect(try values(solve(singular, .range(count: 2))).allSatisfy { !$0.isFinite })
        // A column of zeros has no direction; the factors still multiply to it.
        let (q, r) = Symbol.zeros([3, 2], dtype: .f64).qr()
        #expect(try values(q.matmul(r)) == [0, 0, 0, 0, 0, 0])
    }

    @Test func mistakesAreNamed() {
        let a = Symbol.zeros([2, 3])
        let mistakes = [
            Mistake(["cholesky", "[2, 3]"]) { Symbol.apply(Cholesky(), a) },
            Mistake(["cholesky", "[3]"]) { Symbol.zeros([3]).cholesky() },
            // Not as mistakes of the operators that these functions begin with.
            Mistake(["cholesky: ", "[2, 3]"]) { Symbol.zeros([2, 3]).cholesky() },
            Mistake(["cholesky: ", "i32"]) { Symbol.zeros([2, 2], dtype: .i32).cholesky() },
            Mistake(["inverse: ", "[2, 3]"]) { Symbol.zeros([2, 3]).inverse() },
            Mistake(["linear_solve", "[2, 3]"]) { solve(a, a) },
            Mistake(["linear_solve", "[4, 2, 2]", "[3, 2, 1]"]) {
                solve(Symbol.zeros([4, 2, 2]), .zeros([3, 2, 1]))
            },
            Mistake(["inverse", "[3]"]) { Symbol.zeros([3]).inverse() },
            Mistake(["qr", "[3]"]) { Symbol.zeros([3]).qr().q },
            Mistake(["determinant", "i32"]) { Symbol.zeros([2, 2], dtype: .i32).determinant() },
        ]
        for mistake in mistakes { mistake.check() }
    }
}
