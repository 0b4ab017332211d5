import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Integers where their dtype has no room for the result: sums, quotients, powers.
@Suite(.printsSeed) struct IntegerTests {
    private func evaluated(_ symbol: Symbol) throws -> HostArray {
        try GraphEvaluator([symbol])([])[0]
    }

    private static let accumulated: [(DType, DType)] = [
        (.u8, .u64), (.u16, .u64), (.u32, .u64), (.u64, .u64), (.i8, .i64), (.i16, .i64),
        (.i32, .i64), (.i64, .i64), (.bool, .i64), (.f32, .f32), (.f64, .f64),
    ]

    @Test(arguments: accumulated) func sumsHaveRoom(_ dtype: DType, _ expected: DType) throws {
        let ones = Symbol.full([300, 2], 1, dtype: dtype)
        let sums: [(Symbol, Shape, Double)] = [
            (ones.sum(), [], 600), (ones.sum(over: 0), [2], 300),
            (ones.sum(over: [0, 1], keepingDimensions: true), [1, 1], 600),
            (ones.product(over: 1), [300], 1),
        ]
        for (sum, shape, value) in sums {
            let found = try evaluated(sum)
            #expect(found.type == TensorType(expected, shape))
            #expect(found.reals.allSatisfy { $0 == value })
        }
        #expect(ones.sum(over: []).type == TensorType(expected, [300, 2]))
        let running = try evaluated(ones.cumulativeSum(axis: 0))
        #expect(running.dtype == expected && running.reals.last == 300)
        #expect(ones.cumulativeProduct(axis: 0).dtype == expected)
        // Named dtypes are those of the sums, in which they wrap or round.
        #expect(try evaluated(ones.sum(dtype: .f64)).type == TensorType(.f64, []))
        #expect(try evaluated(ones.sum(dtype: .u8)).integers == [600 - 512])
        #expect(try evaluated(ones.cumulativeSum(axis: 0, dtype: .i8)).integers.last == 300 - 256)
    }

    @Test func negativeSumsKeepTheirSign() throws {
        let low = Symbol.full([3], -128, dtype: .i8)
        #expect(try evaluated(low.sum()).integers == [-384])
        #expect(try evaluated(low.product()).integers == [-2_097_152])
        #expect(try evaluated(Symbol.zeros([0], dtype: .u8).product()).integers == [1])
    }

    @Test func quotientsAreFractions() throws {
        for dtype in DType.allCases.filter(\.isInteger) {
            let (a, b) = (Symbol.full([1], 7, dtype: dtype), Symbol.full([1], 2, dtype: dtype))
            for quotient in [a / b, a / 2, 7 / b] {
                let found = try evaluated(quotient)
                #expect(found.dtype == .f32 && found.reals == [3.5])
            }
            for quotient in [a.dividedTruncating(by: b), a.dividedTruncating(by: 2)] {
                let found = try evaluated(quotient)
                #expect(found.dtype == dtype && found.integers == [3])
            }
            let none = Symbol.zeros([1], dtype: dtype)
            #expect(try evaluated(a / none).reals == [.infinity])
            #expect(try evaluated(none / none).reals[0].isNaN)
        }
        let x = Symbol.full([1], -7, dtype: .f64)
        #expect(try evaluated(x / 2).reals == [-3.5])
        #expect(try evaluated(x.dividedTruncating(by: 2)).reals == [-3])
        let negative = Symbol.full([1], -7, dtype: .i32)
        #expect(try evaluated(negative.dividedTruncating(by: 2)).integers == [-3])
        #expect(try evaluated(negative.floorDivided(by: 2)).integers == [-4])
    }

    private static let mistakes: [Mistake] = [
        Mistake(["power", "-1", "i32"]) { integers.power(-1) },
        Mistake(["floorDivided", "i32", "0"]) { integers.floorDivided(by: 0) },
        Mistake(["dividedTruncating", "i32", "0"]) { integers.dividedTruncating(by: 0) },
        Mistake(["remainder", "i32", "0"]) { integers.remainder(dividingBy: 0) },
        Mistake(["modulo", "i32", "0"]) { integers.modulo(0) },
        Mistake(["mean", "i32"]) { integers.mean() },
        Mistake(["divide", "i32", "f32"]) { integers / Symbol.ones([2]) },
    ]
    private static var integers: Symbol { .full([2], 3, dtype: .i32) }

    @Test(arguments: mistakes.indices) func mistakesAreNamed(_ index: Int) {
        Self.mistakes[index].check()
    }
}
