import CBraidKernels
import Testing

/// Integer and bool arithmetic of tile programs: everything wraps, nothing traps.
@Suite struct TileIntegerTests {
    @Test(arguments: InstructionSet.available)
    func arithmetic(set: InstructionSet) {
        for type in integerTypes { check(type, set) }
    }

    /// Products of `a`, or what truncating 1 / a^-b leaves.
    private func power<T: KernelInteger>(_ a: T, _ b: T) -> T {
        if b < 0 {
            return a == 1 ? 1 : a == T(truncatingIfNeeded: -1) ? (b & 1 == 0 ? 1 : a) : 0
        }
        // a^b with a table of squares, from the highest bit down.
        var result: T = 1
        for bit in (0..<T.bitWidth).reversed() {
            result = result &* result
            if (b >> T(bit)) & 1 == 1 { result = result &* a }
        }
        return result
    }

    private func check<T: KernelInteger>(_: T.Type, _ set: InstructionSet) {
        func quotient(_ a: T, _ b: T) -> T { b == 0 ? 0 : a.dividedReportingOverflow(by: b).0 }
        func remainder(_ a: T, _ b: T) -> T {
            b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).0
        }
        let binary: [(braid_opcode, braid_opcode?, braid_opcode?, (T, T) -> T)] = [
            (BRAID_ADD, BRAID_ADDS, nil, { $0 &+ $1 }),
            (BRAID_SUB, BRAID_SUBS, BRAID_RSUBS, { $0 &- $1 }),
            (BRAID_MUL, BRAID_MULS, nil, { $0 &* $1 }),
            (
                BRAID_FLOORDIV, nil, nil,
                {
                    remainder($0, $1) != 0 && ($0 < 0) != ($1 < 0)
                        ? quotient($0, $1) - 1 : quotient($0, $1)
                }
            ),
            (
                BRAID_MOD, nil, nil,
                {
                    remainder($0, $1) != 0 && ($0 < 0) != ($1 < 0)
                        ? remainder($0, $1) + $1 : remainder($0, $1)
                }
            ),
            (BRAID_AND, nil, nil, { $0 & $1 }), (BRAID_OR, nil, nil, { $0 | $1 }),
            (BRAID_XOR, nil, nil, { $0 ^ $1 }),
            (BRAID_DIV, BRAID_DIVS, BRAID_RDIVS, quotient),
            (BRAID_REM, BRAID_REMS, BRAID_RREMS, remainder),
            (BRAID_MIN, BRAID_MINS, nil, { Swift.min($0, $1) }),
            (BRAID_MAX, BRAID_MAXS, nil, { Swift.max($0, $1) }),
            (BRAID_POW, BRAID_POWS, BRAID_RPOWS, power),
        ]
        let comparisons: [(braid_opcode, braid_opcode, (T, T) -> Bool)] = [
            (BRAID_EQ, BRAID_EQS, { $0 == $1 }), (BRAID_NE, BRAID_NES, { $0 != $1 }),
            (BRAID_LT, BRAID_LTS, { $0 < $1 }), (BRAID_LE, BRAID_LES, { $0 <= $1 }),
            (BRAID_GT, BRAID_GTS, { $0 > $1 }), (BRAID_GE, BRAID_GES, { $0 >= $1 }),
        ]
        let unary: [(braid_opcode, (T) -> T)] = [
            (BRAID_COPY, { $0 }), (BRAID_NOT, { ~$0 }), (BRAID_NEG, { 0 &- $0 }),
            (BRAID_ABS, { $0 < 0 ? 0 &- $0 : $0 }), (BRAID_SIGN, { $0.signum() }),
            (BRAID_SQUARE, { $0 &* $0 }), (BRAID_RELU, { Swift.max($0, 0) }),
        ]
        var generator = SeededGenerator(2)
        for count in TileFloatTests.counts {
            let (a, b, c): ([T], [T], [T]) = (
                randoms(count, using: &generator), randoms(count, using: &generator),
                randoms(count, using: &generator)
            )
            let (da, db, dc) = (DenseInput(a), DenseInput(b), DenseInput(c))
            func run(_ code: braid_instruction, _ inputs: [DenseInput]) -> [T] {
                runInstruction(set, code, inputs, output: T.dtype, initial: 9, count: count)
            }
            func compare(_ code: braid_instruction, _ inputs: [DenseInput]) -> [UInt8] {
                runInstruction(set, code, inputs, output: BRAID_BOOL, initial: 9, count: count)
            }
            let scalars: [T] = [3, 0, T(truncatingIfNeeded: -1), b.first ?? .min]
            for scalar in scalars {
                for (plain, right, left, function) in binary {
                    var code = braid_instruction(plain, T.dtype, d: 0)
                    code.immediate.i = Int64(truncatingIfNeeded: scalar)
                    expectSame(
                        run(code, [da, db]), zip(a, b).map(function), "\(T.self) \(plain)")
                    if let right {
                        code.opcode = UInt8(right.rawValue)
                        expectSame(
                            run(code, [da]), a.map { function($0, scalar) }, "\(T.self) \(right)")
                    }
                    if let left {
                        code.opcode = UInt8(left.rawValue)
                        expectSame(
                            run(code, [da]), a.map { function(scalar, $0) }, "\(T.self) \(left)")
                    }
                }
                for (plain, right, function) in comparisons {
                    var code = braid_instruction(plain, T.dtype, d: 0)
                    code.immediate.i = Int64(truncatingIfNeeded: scalar)
                    expectSame(
                        compare(code, [da, db]), zip(a, b).map { function($0, $1) ? 1 : 0 },
                        "\(T.self) \(plain)")
                    code.opcode = UInt8(right.rawValue)
                    expectSame(
                        compare(code, [da]), a.map { function($0, scalar) ? 1 : 0 },
                        "\(T.self) \(right)")
                }
                var constant = braid_instruction(BRAID_CONST, T.dtype, d: 0)
                constant.immediate.i = Int64(truncatingIfNeeded: scalar)
                expectSame(run(constant, []), a.map { _ in scalar }, "\(T.self) CONST")
            }
            for (opcode, function) in unary {
                expectSame(
                    run(braid_instruction(opcode, T.dtype, d: 0), [da]), a.map(function),
                    "\(T.self) \(opcode)")
            }
            expectSame(
                run(braid_instruction(BRAID_FMA, T.dtype, d: 0), [da, db, dc]),
                (0..<count).map { a[$0] &* b[$0] &+ c[$0] }, "\(T.self) FMA")
            let flags = (0..<count).map { _ in UInt8.random(in: 0...1, using: &generator) }
            expectSame(
                run(
                    braid_instruction(BRAID_SELECT, T.dtype, d: 0),
                    [DenseInput(flags, BRAID_BOOL), db, dc]),
                (0..<count).map { flags[$0] == 1 ? b[$0] : c[$0] }, "\(T.self) SELECT")
        }
    }

    @Test(arguments: InstructionSet.available)
    func logic(set: InstructionSet) {
        var generator = SeededGenerator(3)
        for count in TileFloatTests.counts {
            let (a, b, c) = (flags(count), flags(count), flags(count))
            func flags(_ count: Int) -> [UInt8] {
                (0..<count).map { _ in UInt8.random(in: 0...1, using: &generator) }
            }
            let inputs = [a, b, c].map { DenseInput($0, BRAID_BOOL) }
            func run(_ opcode: braid_opcode, _ inputs: ArraySlice<DenseInput>) -> [UInt8] {
                runInstruction(
                    set, braid_instruction(opcode, BRAID_BOOL, d: 0), Array(inputs),
                    output: BRAID_BOOL, initial: 9, count: count)
            }
            let pairs = zip(a, b)
            expectSame(run(BRAID_AND, inputs[..<2]), pairs.map { $0 & $1 }, "AND")
            expectSame(run(BRAID_OR, inputs[..<2]), pairs.map { $0 | $1 }, "OR")
            expectSame(run(BRAID_XOR, inputs[..<2]), pairs.map { $0 ^ $1 }, "XOR")
            expectSame(run(BRAID_EQ, inputs[..<2]), pairs.map { $0 == $1 ? 1 : 0 }, "EQ")
            expectSame(run(BRAID_NE, inputs[..<2]), pairs.map { $0 != $1 ? 1 : 0 }, "NE")
            expectSame(run(BRAID_NOT, inputs[..<1]), a.map { 1 - $0 }, "NOT")
            expectSame(run(BRAID_COPY, inputs[..<1]), a, "COPY")
            expectSame(
                run(BRAID_SELECT, inputs[...]), (0..<count).map { a[$0] == 1 ? b[$0] : c[$0] },
                "SELECT")
            var constant = braid_instruction(BRAID_CONST, BRAID_BOOL, d: 0)
            constant.immediate.i = 1
            expectSame(
                runInstruction(
                    set, constant, [], output: BRAID_BOOL, initial: UInt8(9), count: count),
                a.map { _ in 1 }, "CONST")
        }
    }
}
