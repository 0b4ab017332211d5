import Braid
import Testing

struct DigitsTests {
    @Test func theBundledDigitsLoad() throws {
        let digits = try Digits.load()
        #expect(digits.height == 8 && digits.width == 8 && digits.classes == 10)
        #expect(digits.training.inputs.shape == [1438, 1, 8, 8])
        #expect(digits.test.inputs.shape == [359, 1, 8, 8])
        #expect(digits.training.labels.shape == [1438] && digits.test.labels.dtype == .i64)
        let pixels = try digits.training.inputs.scalars(as: Float.self)
        #expect(pixels.min() == 0 && pixels.max() == 1)
        #expect(pixels.allSatisfy { ($0 * 16).rounded() == $0 * 16 })
        for labels in [digits.training.labels, digits.test.labels] {
            #expect(Set(try labels.scalars(as: Int64.self)) == Set(0..<10))
        }
    }

    /// Results of different releases can be compared only while the split stays what it is.
    @Test func theSplitNeverChanges() throws {
        let split = Digits.split(count: 1797)
        #expect(split.test.count == 359)
        #expect((split.training + split.test).sorted() == Array(0..<1797))
        #expect(split.test.prefix(6) == [258, 1635, 1560, 1413, 624, 574])
        let sum = split.test.enumerated().reduce(0) { ($0 * 31 + $1.element) % 1_000_003 }
        #expect(sum == 567_544)
    }
}
