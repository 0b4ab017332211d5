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

    @Test func drawingsShowTheImages() throws {
        let digits = try Digits.load()
        let pixels = try digits.test.inputs.scalars(as: Float.self)
        for index in [0, 5, 358] {
            let drawing = digits.drawing(ofTestSample: index)
            #expect(drawing.count == 8 && drawing.allSatisfy { $0.count == 16 })
            let characters = Array(drawing.joined())
            for pixel in 0..<64 {
                let value = pixels[index * 64 + pixel]
                #expect(characters[2 * pixel] == characters[2 * pixel + 1])
                #expect((characters[2 * pixel] == " ") == (value < 2.0 / 16))
                #expect((characters[2 * pixel] == "@") == (value == 1))
            }
        }
    }
}
