import CBraidKernels
import Foundation
import Testing

/// Floating-point arithmetic of tile programs against Swift's own, bit for bit where one rounding
/// defines the result.
@Suite struct TileFloatTests {
    static let counts = [0, 1, 2, 7, 255, 256, 257, 1000]

    @Test(arguments: InstructionSet.available)
    func arithmetic(set: InstructionSet) {
        check(Float.self, set)
        check(Double.self, set)
    }

    /// Values with all kinds of special ones among them.
    private func operands<T: KernelFloat>(
        _ count: Int, _ generator: inout SeededGenerator
    ) -> [T] {
        let special: [T] = [
            0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0.5, -2.5, 3.5,
        ]
        return (0..<count).map { _ in
            Int.random(in: 0..<4, using: &generator) == 0
                ? special.randomElement(using: &generator)! : T.random(using: &generator)
        }
    }

    private func check<T: KernelFloat>(_: T.Type, _ set: InstructionSet) {
        func lesser(_ a: T, _ b: T) -> T { a.isNaN ? a : b.isNaN ? b : a < b ? a : b }
        func greater(_ a: T, _ b: T) -> T { a.isNaN ? a : b.isNaN ? b : a > b ? a : b }
        func modulo(_ a: T, _ b: T) -> T {
            if !a.isFinite || b.isNaN || b == 0 { return .nan }
            let rest = a.truncatingRemainder(dividingBy: b)
            if rest == 0 { return T(signOf: b, magnitudeOf: 0) }
            return (rest < 0) != (b < 0) ? rest + b : rest
        }
        func floorQuotient(_ a: T, _ b: T) -> T {
            if b == 0 { return a / b }
            if b.isInfinite, a.isFinite {
                return a != 0 && (a < 0) != (b < 0) ? -1 : a / b
            }
            return ((a - modulo(a, b)) / b).rounded(.toNearestOrEven)
        }
        let binary: [(braid_opcode, braid_opcode?, braid_opcode?, (T, T) -> T)] = [
            (BRAID_FLOORDIV, nil, nil, floorQuotient), (BRAID_MOD, nil, nil, modulo),
            (BRAID_ADD, BRAID_ADDS, nil, { $0 + $1 }),
            (BRAID_SUB, BRAID_SUBS, BRAID_RSUBS, { $0 - $1 }),
            (BRAID_MUL, BRAID_MULS, nil, { $0 * $1 }),
            (BRAID_DIV, BRAID_DIVS, BRAID_RDIVS, { $0 / $1 }),
            (BRAID_MIN, BRAID_MINS, nil, lesser), (BRAID_MAX, BRAID_MAXS, nil, greater),
            (
                BRAID_REM, BRAID_REMS, BRAID_RREMS,
                { $0.isFinite || $0.isNaN ? $0.truncatingRemainder(dividingBy: $1) : .nan }
            ),
        ]
        let comparisons: [(braid_opcode, braid_opcode, (T, T) -> Bool)] = [
            (BRAID_EQ, BRAID_EQS, { $0 == $1 }), (BRAID_NE, BRAID_NES, { $0 != $1 }),
            (BRAID_LT, BRAID_LTS, { $0 < $1 }), (BRAID_LE, BRAID_LES, { $0 <= $1 }),
            (BRAID_GT, BRAID_GTS, { $0 > $1 }), (BRAID_GE, BRAID_GES, { $0 >= $1 }),
        ]
        let unary: [(braid_opcode, (T) -> T)] = [
            (BRAID_COPY, { $0 }), (BRAID_NEG, { -$0 }), (BRAID_ABS, { $0.magnitude }),
            (BRAID_SIGN, { $0.isNaN ? $0 : $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
            (BRAID_SQUARE, { $0 * $0 }), (BRAID_SQRT, { $0.squareRoot() }),
            (BRAID_RSQRT, { 1 / $0.squareRoot() }), (BRAID_RECIP, { 1 / $0 }),
            (BRAID_RELU, { $0 < 0 ? 0 : $0 }), (BRAID_FLOOR, { $0.rounded(.down) }),
            (BRAID_CEIL, { $0.rounded(.up) }), (BRAID_ROUND, { $0.rounded(.toNearestOrEven) }),
            (BRAID_TRUNC, { $0.rounded(.towardZero) }),
        ]
        var generator = SeededGenerator(1)
        for count in Self.counts {
            let a: [T] = operands(count, &generator)
            let b: [T] = operands(count, &generator)
            let c: [T] = operands(count, &generator)
            let (da, db, dc) = (DenseInput(a), DenseInput(b), DenseInput(c))
            func run(_ code: braid_instruction, _ inputs: [DenseInput]) -> [T] {
                runInstruction(set, code, inputs, output: T.dtype, initial: T(9), count: count)
            }
            func compare(_ code: braid_instruction, _ inputs: [DenseInput]) -> [UInt8] {
                runInstruction(set, code, inputs, output: BRAID_BOOL, initial: 9, count: count)
            }
            let scalars: [T] = [a.first ?? 1, 2.5, -0.0, .infinity]
            for scalar in scalars {
                for (plain, right, left, function) in binary {
                    var code = braid_instruction(plain, T.dtype, d: 0)
                    code.immediate.f = Double(scalar)
                    expectSame(
                        run(code, [da, db]), zip(a, b).map(function), "\(plain) n=\(count)")
                    if let right {
                        code.opcode = UInt8(right.rawValue)
                        expectSame(run(code, [da]), a.map { function($0, scalar) }, "\(right)")
                    }
                    if let left {
                        code.opcode = UInt8(left.rawValue)
                        expectSame(run(code, [da]), a.map { function(scalar, $0) }, "\(left)")
                    }
                }
                for (plain, right, function) in comparisons {
                    var code = braid_instruction(plain, T.dtype, d: 0)
                    code.immediate.f = Double(scalar)
                    expectSame(
                        compare(code, [da, db]), zip(a, b).map { function($0, $1) ? 1 : 0 },
                        "\(plain)")
                    code.opcode = UInt8(right.rawValue)
                    expectSame(
                        compare(code, [da]), a.map { function($0, scalar) ? 1 : 0 }, "\(right)")
                }
                var constant = braid_instruction(BRAID_CONST, T.dtype, d: 0)
                constant.immediate.f = Double(scalar)
                expectSame(run(constant, []), a.map { _ in scalar }, "CONST")
            }
            for (opcode, function) in unary {
                expectSame(
                    run(braid_instruction(opcode, T.dtype, d: 0), [da]), a.map(function),
                    "\(opcode) n=\(count)")
            }
            expectSame(
                compare(braid_instruction(BRAID_ISNAN, T.dtype, d: 0), [da]),
                a.map { $0.isNaN ? 1 : 0 }, "ISNAN")
            expectSame(
                run(braid_instruction(BRAID_FMA, T.dtype, d: 0), [da, db, dc]),
                (0..<count).map { c[$0].addingProduct(a[$0], b[$0]) }, "FMA")
            let flags = (0..<count).map { _ in UInt8.random(in: 0...1, using: &generator) }
            expectSame(
                run(
                    braid_instruction(BRAID_SELECT, T.dtype, d: 0),
                    [DenseInput(flags, BRAID_BOOL), db, dc]),
                (0..<count).map { flags[$0] == 1 ? b[$0] : c[$0] }, "SELECT")
        }
    }
}
