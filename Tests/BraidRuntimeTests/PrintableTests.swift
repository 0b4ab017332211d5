import Braid
import BraidPlatform
import Testing

/// What a terminal would obey is shown with escapes.
struct PrintableTests {
    @Test func namesAreEscaped() {
        #expect("a b\u{1B}[31m\n".printable == "a b\\u{1B}[31m\\n")
        #expect("größe 😀 e\u{301} 👨\u{200D}👩".printable == "größe 😀 e\u{301} 👨\u{200D}👩")
        #expect(
            "\u{7F}\u{9B}2J\u{202E}x\r\t\0".printable == "\\u{7F}\\u{9B}2J\\u{202E}x\\r\\t\\u{0}")
        #expect("one\ntwo\u{7}".printableLines == "one\ntwo\\u{7}")
    }

    @Test func errorsOfFilesAreEscaped() {
        let name = "w\u{1B}]0;owned\u{7}"
        let errors: [any Error] = [
            ModelFileError(.malformed, path: name, "tensor '\(name)'"),
            DataError(.malformed, path: name, "entry '\(name)'"),
            ModelError(.missing, "input '\(name)'"),
        ]
        for error in errors {
            #expect(!"\(error)".unicodeScalars.contains { $0.isUnprintable }, "\(error)")
            #expect("\(error)".contains("w\\u{1B}]0;owned\\u{7}"))
        }
        let json = JSON.string("a\u{1B}\u{9B}\u{7F}\u{2028}\u{202E}").printableText
        #expect(json == #""a\u001b\u009b\u007f\u2028\u202e""#)
        #expect(try! JSONParser.parse(json) == .string("a\u{1B}\u{9B}\u{7F}\u{2028}\u{202E}"))
    }
}

/// `description` reads head and tail of an array, and nothing between.
struct DescriptionTests {
    @Test func ends() {
        #expect("\(NDArray([1, 2.5] as [Float]))" == "f32[2] [1.0, 2.5]")
        #expect("\(NDArray(Float(3)))" == "f32[] 3.0")
        #expect("\(NDArray([true, false]))" == "bool[2] [true, false]")
        let range = NDArray.range(count: 100, dtype: .i64).reshaped(to: [10, 10])
        let row = "[0, 1, 2, …, 7, 8, 9]"
        #expect("\(range)".hasPrefix("i64[10, 10] [\(row), [10, 11, 12, …, 17, 18, 19], "))
        #expect(
            "\(range)".hasSuffix(
                ", …, [70, 71, 72, …, 77, 78, 79], [80, 81, 82, …, 87, 88, 89], [90, 91, 92, …, 97, 98, 99]]"
            ))
        // Views by their strides.
        #expect("\(range.transposed()[1])" == "i64[10] [1, 11, 21, …, 71, 81, 91]")
        #expect("\(range[2, 3..<6].cast(to: .bf16))" == "bf16[3] [23.0, 24.0, 25.0]")
        #expect("\(NDArray([] as [Float], shape: [2, 0]))" == "f32[2, 0] [[], []]")
        #expect("\(NDArray([] as [Float], shape: [0, 2]))" == "f32[0, 2] []")
        #expect("\(NDArray([7] as [UInt64]))" == "u64[1] [7]")
    }

    /// A hundred million elements, of which twelve are read.
    @Test func largeArrays() throws {
        let array = NDArray(Float(2)).broadcast(to: [10_000, 10_000])
        try array.waitUntilReady()
        let start = ContinuousClock.now
        #expect("\(array)".hasPrefix("f32[10000, 10000] [[2.0, 2.0, 2.0, …, 2.0"))
        #expect(ContinuousClock.now - start < .seconds(1))
    }
}
