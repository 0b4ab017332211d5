import Braid
import Testing

struct SplitMix64Tests {
    /// The first numbers of the published algorithm for the seed 1234567.
    @Test func theNumbersAreTheAlgorithms() {
        var generator = SplitMix64(seed: 1_234_567)
        let numbers = (0..<5).map { _ in generator.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test func everyOrderIsEquallyLikely() {
        var counts: [[Int]: Int] = [:]
        var generator = SplitMix64(seed: 3)
        for _ in 0..<24_000 {
            var elements = [0, 1, 2, 3]
            generator.shuffle(&elements)
            counts[elements, default: 0] += 1
        }
        #expect(counts.count == 24)
        // Chi-squared with 23 degrees of freedom: above 50 once in a thousand.
        let chiSquared = counts.values.reduce(0.0) { sum, count in
            sum + Double((count - 1000) * (count - 1000)) / 1000
        }
        #expect(chiSquared < 50)
    }

    @Test func streamsDiffer() {
        var seen: Set<UInt64> = []
        for seed in 0..<20 {
            for stream in 0..<20 {
                var generator = SplitMix64(seed: UInt64(seed), stream: UInt64(stream))
                for _ in 0..<5 { #expect(seen.insert(generator.next()).inserted) }
            }
        }
    }

    @Test func boundsHold() {
        var generator = SplitMix64(seed: 9)
        for bound in [1, 2, 3, 7, 1 << 40, Int.max] {
            for _ in 0..<100 { #expect((0..<bound).contains(generator.next(below: bound))) }
        }
    }
}
