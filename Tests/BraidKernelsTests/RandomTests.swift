import CBraidKernels
import Testing

/// Philox4x32-10 and what is made of it.
@Suite struct RandomTests {
    private func words(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
        var words = [UInt32](repeating: 0, count: 4)
        braid_philox4x32_10(counter, key, &words)
        return words
    }

    /// The known answers that the authors of the generator publish.
    @Test func knownAnswers() {
        #expect(
            words([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            words([.max, .max, .max, .max], [.max, .max])
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        #expect(
            words(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    private func fill<T: KernelFloat>(
        _ set: InstructionSet, _ kind: braid_random_kind, key: UInt64, offset: UInt64, _ a: Double,
        _ b: Double, count: Int, cuts: [Int] = []
    ) -> [T] {
        var y = [T](repeating: 9, count: count)
        let ends = [0] + cuts + [count]
        for (begin, end) in zip(ends, ends.dropFirst()) {
            set.kernels.random(
                kind, T.dtype, key, offset, a, b, &y, Int64(begin), Int64(end))
        }
        return y
    }

    /// Elements are the generator's words, by the numbers that the header gives.
    @Test(arguments: InstructionSet.available)
    func uniformBits(set: InstructionSet) {
        let key: UInt64 = 0x0123_4567_89ab_cdef
        for offset: UInt64 in [0, 5, .max - 3, 0xffff_fffe] {
            let count = 39
            let single: [Float] = fill(
                set, BRAID_RANDOM_UNIFORM, key: key, offset: offset, 0, 1, count: count)
            let double: [Double] = fill(
                set, BRAID_RANDOM_UNIFORM, key: key, offset: offset, 0, 1, count: count)
            for i in 0..<count {
                func block(_ counter: UInt64) -> [UInt32] {
                    words(
                        [UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), 0, 0],
                        [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)])
                }
                let word = block(offset &+ UInt64(i / 4))[i % 4]
                #expect((Double(single[i]) - Double(word) * 0x1p-32).magnitude <= 0x1p-24)
                let pair = block(offset &+ UInt64(i / 2))
                let bits = UInt64(pair[2 * (i % 2) + 1]) << 32 | UInt64(pair[2 * (i % 2)])
                #expect(double[i] == Double(bits >> 11) * 0x1p-53)
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func partsGiveTheSame(set: InstructionSet) {
        for kind in [BRAID_RANDOM_UNIFORM, BRAID_RANDOM_NORMAL, BRAID_RANDOM_BERNOULLI] {
            func check<T: KernelFloat>(_: T.Type) {
                let whole: [T] = fill(set, kind, key: 7, offset: 11, 0.25, 3, count: 1001)
                let parts: [T] = fill(
                    set, kind, key: 7, offset: 11, 0.25, 3, count: 1001,
                    cuts: [0, 1, 2, 5, 100, 517, 518, 1000])
                expectSame(parts, whole, "\(kind)")
                expectSame(
                    fill(.reference, kind, key: 7, offset: 11, 0.25, 3, count: 1001), whole,
                    "\(kind) of reference")
                // Four f32 (two f64) elements later is one counter later.
                let step = T.self == Float.self ? 4 : 2
                let later: [T] = fill(set, kind, key: 7, offset: 12, 0.25, 3, count: 900)
                expectSame(later, Array(whole[step..<(900 + step)]), "\(kind) one block later")
                #expect(
                    fill(set, kind, key: 8, offset: 11, 0.25, 3, count: 1001) as [T] != whole)
            }
            check(Float.self)
            check(Double.self)
        }
    }

    private func moments<T: KernelFloat>(_ x: [T]) -> (
        mean: Double, variance: Double, skew: Double, kurtosis: Double
    ) {
        let n = Double(x.count), mean = x.reduce(0.0) { $0 + Double($1) } / n
        func central(_ power: Int) -> Double {
            x.reduce(0.0) { sum, value in
                let d = Double(value) - mean
                return sum + (1..<power).reduce(d) { product, _ in product * d }
            } / n
        }
        let variance = central(2)
        return (
            mean, variance, central(3) / (variance * variance.squareRoot()),
            central(4) / (variance * variance)
        )
    }

    /// Mean, variance, skew and kurtosis of 400,000 numbers, within five standard errors; neighbours
    /// are uncorrelated.
    @Test(arguments: InstructionSet.available)
    func momentsOfDistributions(set: InstructionSet) {
        func check<T: KernelFloat>(_: T.Type) {
            let count = 400_000, error = 5 / Double(count).squareRoot()
            let uniform: [T] = fill(
                set, BRAID_RANDOM_UNIFORM, key: 1, offset: 0, -1, 3, count: count)
            let u = moments(uniform)
            #expect((u.mean - 1).magnitude < error * 1.155)
            #expect((u.variance - 16.0 / 12).magnitude < error * 1.2)
            #expect(u.skew.magnitude < error * 1.2)
            #expect((u.kurtosis - 1.8).magnitude < error * 1.5)
            let normal: [T] = fill(
                set, BRAID_RANDOM_NORMAL, key: 1, offset: 0, 2, 0.5, count: count)
            let z = moments(normal)
            #expect((z.mean - 2).magnitude < error * 0.5)
            #expect((z.variance - 0.25).magnitude < error * 0.25 * 1.42)
            #expect(z.skew.magnitude < error * 2.45)
            #expect((z.kurtosis - 3).magnitude < error * 4.9)
            #expect(normal.allSatisfy { $0.isFinite })
            for shift in [1, 2, 4] {
                let products = (0..<(count - shift)).reduce(0.0) {
                    $0 + (Double(normal[$1]) - 2) * (Double(normal[$1 + shift]) - 2)
                }
                #expect((products / Double(count)).magnitude < error * 0.25)
            }
            for p in [0.0, 0.1, 0.5, 1.0] {
                let flags: [T] = fill(
                    set, BRAID_RANDOM_BERNOULLI, key: 3, offset: 9, p, 0, count: count)
                #expect(flags.allSatisfy { $0 == 0 || $0 == 1 })
                let share = flags.reduce(0.0) { $0 + Double($1) } / Double(count)
                #expect((share - p).magnitude <= error * (p * (1 - p)).squareRoot())
            }
        }
        check(Float.self)
        check(Double.self)
    }

    /// Rounding never makes an element reach the upper bound.
    @Test(arguments: InstructionSet.available)
    func upperBoundIsExcluded(set: InstructionSet) {
        for (a, b): (Float, Float) in [
            (0, 1), (1, 1.000_000_1), (16_777_215, 16_777_216), (-1, 0), (0.1, 0.3),
            (-3.0e38, 3.0e38), (5, 5),
        ] {
            let y: [Float] = fill(
                set, BRAID_RANDOM_UNIFORM, key: 2, offset: 0, Double(a), Double(b), count: 100_000)
            #expect(y.allSatisfy { $0 >= a && ($0 < b || a == b) }, "[\(a), \(b))")
        }
        let y: [Double] = fill(
            set, BRAID_RANDOM_UNIFORM, key: 2, offset: 0, 1, 1.0.nextUp, count: 10_000)
        #expect(y.allSatisfy { $0 == 1 })
    }
}
