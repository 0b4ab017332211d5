import CBraidKernels
import Foundation
import Testing

/// Every cast between the thirteen types against exact arithmetic.
@Suite struct TileCastTests {
    /// What an element is worth.
    enum Value: Equatable {
        case floating(Double)
        case integer(Int128)

        func isSame(as other: Value) -> Bool {
            if case .floating(let a) = self, case .floating(let b) = other {
                return a.isSame(as: b)
            }
            return self == other
        }
    }

    static let dtypes: [braid_dtype] = [
        BRAID_F32, BRAID_F64, BRAID_F16, BRAID_BF16, BRAID_I8, BRAID_I16, BRAID_I32, BRAID_I64,
        BRAID_U8, BRAID_U16, BRAID_U32, BRAID_U64, BRAID_BOOL,
    ]

    private func size(_ dtype: braid_dtype) -> Int {
        switch dtype {
        case BRAID_I8, BRAID_U8, BRAID_BOOL: 1
        case BRAID_F16, BRAID_BF16, BRAID_I16, BRAID_U16: 2
        case BRAID_F32, BRAID_I32, BRAID_U32: 4
        default: 8
        }
    }

    private func load(_ dtype: braid_dtype, _ bytes: UnsafeRawPointer, _ index: Int) -> Value {
        func at<T>(_: T.Type) -> T { bytes.assumingMemoryBound(to: T.self)[index] }
        return switch dtype {
        case BRAID_F32: .floating(Double(at(Float.self)))
        case BRAID_F64: .floating(at(Double.self))
        case BRAID_F16: .floating(half(at(UInt16.self)))
        case BRAID_BF16: .floating(Double(Float(bitPattern: UInt32(at(UInt16.self)) << 16)))
        case BRAID_I8: .integer(Int128(at(Int8.self)))
        case BRAID_I16: .integer(Int128(at(Int16.self)))
        case BRAID_I32: .integer(Int128(at(Int32.self)))
        case BRAID_I64: .integer(Int128(at(Int64.self)))
        case BRAID_U8, BRAID_BOOL: .integer(Int128(at(UInt8.self)))
        case BRAID_U16: .integer(Int128(at(UInt16.self)))
        case BRAID_U32: .integer(Int128(at(UInt32.self)))
        default: .integer(Int128(at(UInt64.self)))
        }
    }

    /// What IEEE 754 binary16 means.
    private func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 31), fraction = Double(bits & 1023)
        let magnitude =
            exponent == 31
            ? (fraction == 0 ? .infinity : .nan)
            : exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * exp2(Double(exponent - 25))
        return bits >> 15 == 1 ? -magnitude : magnitude
    }

    /// The nearest number with `digits` binary digits and no exponent below `lowest`; ties to even.
    private func rounded(_ x: Double, digits: Int, lowest: Int, largest: Double) -> Double {
        guard x.isFinite, x != 0 else { return x }
        let quantum = exp2(Double(max(Int(x.exponent), lowest) - digits + 1))
        let y = (x / quantum).rounded(.toNearestOrEven) * quantum
        return y.magnitude > largest ? (y < 0 ? -.infinity : .infinity) : y
    }

    /// The nearest number with `digits` binary digits; ties to even.
    private func rounded(_ x: Int128, digits: Int) -> Double {
        let magnitude = x.magnitude
        let lost = max(0, 128 - magnitude.leadingZeroBitCount - digits)
        let kept = magnitude >> UInt128(lost)
        let rest = magnitude - kept << UInt128(lost),
            half = lost > 0 ? UInt128(1) << UInt128(lost - 1) : 1
        let up = rest > half || (rest == half && kept & 1 == 1)
        let result = Double(kept + (up ? 1 : 0)) * exp2(Double(lost))
        return x < 0 ? -result : result
    }

    private func wrapped(_ value: Value, _ dtype: braid_dtype) -> Value {
        func integer<T: FixedWidthInteger>(_: T.Type) -> Value {
            switch value {
            case .integer(let x): return .integer(Int128(T(truncatingIfNeeded: x)))
            case .floating(let x):
                if x.isNaN { return .integer(0) }
                let lowest = Double(T.min), highest = Double(T.max)
                return .integer(
                    x <= lowest ? Int128(T.min) : x >= highest ? Int128(T.max) : Int128(x))
            }
        }
        let single: Float =
            switch value {
            case .floating(let x): Float(x)
            case .integer(let x): Float(x)
            }
        switch dtype {
        case BRAID_F32: return .floating(Double(single))
        case BRAID_F64:
            if case .integer(let x) = value { return .floating(Double(x)) }
            return value
        case BRAID_F16, BRAID_BF16:
            let digits = dtype == BRAID_F16 ? 11 : 8
            let exact: Double =
                switch value {
                case .floating(let x): x
                case .integer(let x): rounded(x, digits: digits)
                }
            return .floating(
                dtype == BRAID_F16
                    ? rounded(exact, digits: digits, lowest: -14, largest: 65504)
                    : rounded(exact, digits: digits, lowest: -126, largest: 0x1.FEp127))
        case BRAID_BOOL:
            switch value {
            case .integer(let x): return .integer(x != 0 ? 1 : 0)
            case .floating(let x): return .integer(x != 0 ? 1 : 0)
            }
        case BRAID_I8: return integer(Int8.self)
        case BRAID_I16: return integer(Int16.self)
        case BRAID_I32: return integer(Int32.self)
        case BRAID_I64: return integer(Int64.self)
        case BRAID_U8: return integer(UInt8.self)
        case BRAID_U16: return integer(UInt16.self)
        case BRAID_U32: return integer(UInt32.self)
        default: return integer(UInt64.self)
        }
    }

    /// Bit patterns of a type: every one of the small types, random ones and the borders of others.
    private func input(_ dtype: braid_dtype, _ generator: inout SeededGenerator) -> (
        DenseInput, Int
    ) {
        let borders: [Double] = [
            0, -0.0, 0.5, -0.5, 0.99, -0.99, 1.5, 127.4, 127.5, 128, 129, -128, -128.5, -129, 255,
            255.5, 256, 32767.5, 32768, -32768.5, -32769, 65504, 65519, 65520, 65536, 2147483647,
            2147483648, -2147483648, -2147483649, 4294967295, 4294967296, 9.2233720368547748e18,
            9.2233720368547758e18, -9.2233720368547758e18, 1.8446744073709550e19,
            1.8446744073709552e19, 1e30, -1e30, 1e300, .infinity, -.infinity, .nan, 0x1p-14,
            0x1.FFCp-15, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-26, 0x1.002p0, 0x1.006p0, 0x1.01p0,
            0x1.03p0, 0x1.FFp127, 0x1.FEFFp127, 1e-40, 1e-45,
            // Near ties of f16 and bf16, by less than f32 can tell.
            0x1.002p0 + 0x1p-50, 0x1.006p0 - 0x1p-50, 0x1.01p0 + 0x1p-50, 0x1.03p0 - 0x1p-50,
            -0x1.002p0 - 0x1p-50, 0x1p-25 + 0x1p-70, 0x1.8p-24 - 0x1p-70, 65520 - 0x1p-30,
            0x1.01p-130 + 0x1p-180, 0x1.FFp127 - 0x1p80,
        ]
        switch dtype {
        case BRAID_F32:
            let random = (0..<20_000).map { _ in
                Float(bitPattern: UInt32.random(in: 0 ... .max, using: &generator))
            }
            let values = borders.map { Float($0) } + random
            return (DenseInput(values), values.count)
        case BRAID_F64:
            let random = (0..<20_000).map { index in
                index % 2 == 0
                    ? Double(bitPattern: generator.next())
                    : Double(Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())))
            }
            return (DenseInput(borders + random), borders.count + random.count)
        case BRAID_BOOL: return (DenseInput([0, 1] as [UInt8], dtype), 2)
        case _ where size(dtype) == 1: return (DenseInput((0...UInt8.max).map { $0 }, dtype), 256)
        case _ where size(dtype) == 2:
            return (DenseInput((0...UInt16.max).map { $0 }, dtype), 65536)
        case _ where size(dtype) == 4:
            let random: [Int32] = randoms(5000, using: &generator)
            let ties: [Int32] = [0x4080_0000, 0x4180_0000]
            let values = random + ties.flatMap { [$0 - 1, $0, $0 + 1, -$0 - 1, -$0, 1 - $0] }
            return (DenseInput(values, dtype), values.count)
        default:
            let random: [Int64] = randoms(5000, using: &generator)
            // Ties of bf16 and their neighbours, which f32 and f64 cannot tell apart.
            let ties: [Int64] = [0x4080_0000_0000_0000, 0x4180_0000_0000_0000, 0x0101 << 40]
            let values = random + ties.flatMap { [$0 - 1, $0, $0 + 1, -$0 - 1, -$0, 1 - $0] }
            return (DenseInput(values, dtype), values.count)
        }
    }

    @Test(arguments: InstructionSet.available)
    func casts(set: InstructionSet) {
        var generator = SeededGenerator(4)
        for from in Self.dtypes {
            let (x, count) = input(from, &generator)
            for to in Self.dtypes {
                let y = DenseInput([UInt64](repeating: 0, count: count), to)
                runTiles(
                    set,
                    [braid_instruction(BRAID_CAST, from, to: to, d: stream(1), a: stream(0))],
                    [Operand(x), Operand(y)], over: [count])
                defer { withExtendedLifetime((x, y)) {} }
                for index in 0..<count {
                    let value = load(from, x.base, index)
                    let got = load(to, y.base, index), expected = wrapped(value, to)
                    if !got.isSame(as: expected) {
                        Issue.record(
                            """
                            cast \(from.rawValue) to \(to.rawValue) of \(value): \(got), expected \
                            \(expected) (seed \(testSeed))
                            """)
                        break
                    }
                }
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func halfConstantsAndCopies(set: InstructionSet) {
        var generator = SeededGenerator(5)
        for dtype in [BRAID_F16, BRAID_BF16] {
            var constant = braid_instruction(BRAID_CONST, dtype, d: 0)
            constant.immediate.f = -1.5
            let filled: [UInt16] = runInstruction(
                set, constant, [], output: dtype, initial: 9, count: 300)
            expectSame(filled, filled.map { _ in dtype == BRAID_F16 ? 0xBE00 : 0xBFC0 }, "CONST")
            let values: [UInt16] = randoms(300, using: &generator)
            let others: [UInt16] = randoms(300, using: &generator)
            let flags = (0..<300).map { _ in UInt8.random(in: 0...1, using: &generator) }
            let inputs = [DenseInput(values, dtype), DenseInput(others, dtype)]
            expectSame(
                runInstruction(
                    set, braid_instruction(BRAID_COPY, dtype, d: 0), [inputs[0]], output: dtype,
                    initial: 9, count: 300), values, "COPY")
            expectSame(
                runInstruction(
                    set, braid_instruction(BRAID_SELECT, dtype, d: 0),
                    [DenseInput(flags, BRAID_BOOL)] + inputs, output: dtype, initial: 9, count: 300),
                (0..<300).map { flags[$0] == 1 ? values[$0] : others[$0] }, "SELECT")
        }
    }
}
