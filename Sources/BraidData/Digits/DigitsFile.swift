package import BraidFormats
import BraidPlatform
import BraidRuntime

/// The content of `digits.bin`: small grey images with their classes.
///
/// Little-endian: the magic bytes `BRDIGITS`; 32-bit version, count, height, width, classes, largest
/// pixel value; the CRC-32 of everything behind it; `count x height x width` pixels of a byte each,
/// row by row; `count` labels of a byte each. `Scripts/make-digits` writes it.
package struct DigitsFile: Equatable, Sendable {
    package private(set) var count = 0
    package private(set) var height = 0
    package private(set) var width = 0
    package private(set) var classes = 0
    /// What a pixel is at most; 0 is background.
    package private(set) var maximumPixel = 0
    /// `[count, height, width]`.
    package private(set) var pixels: [UInt8] = []
    /// `[count]`, each in `0..<classes`.
    package private(set) var labels: [UInt8] = []

    private static let magic = Array("BRDIGITS".utf8)
    private static let version = 1
    private static let headerByteCount = 36
    /// No more is read.
    private static let maximumByteCount = 64 << 20

    /// Reads a file.
    /// - Throws: `DataError` when it cannot be read or is malformed.
    package init(path: String) throws(DataError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try InputFile(path: path) { $0.starts(with: Self.magic) }
            // A file that is too large is cut, and is then malformed.
            bytes = try file.bytes(at: 0, count: min(file.byteCount(), Self.maximumByteCount))
        } catch {
            if error.isMissingFile {
                throw DataError(
                    .missing, path: path,
                    "there is no such file; set BRAID_DATA_DIRECTORY to the folder that has it "
                        + "(Sources/BraidData/Resources/digits in Braid's sources), or run the "
                        + "program where it was built")
            }
            throw DataError(error, path: path, expected: "a digits file")
        }
        try self.init(parsing: bytes, path: path)
    }

    /// Checks and takes apart the bytes of a file.
    /// - Throws: `DataError` when they are malformed.
    package init(parsing bytes: [UInt8], path: String) throws(DataError) {
        guard bytes.count >= Self.headerByteCount, bytes.starts(with: Self.magic) else {
            throw Self.malformed(path, "is no digits file")
        }
        let words = (0..<7).map { index in
            (0..<4).reduce(0) { $0 | Int(bytes[8 + 4 * index + $1]) << (8 * $1) }
        }
        guard words[0] == Self.version else {
            throw Self.malformed(path, "has version \(words[0]); expected \(Self.version)")
        }
        (count, height, width, classes, maximumPixel) = (
            words[1], words[2], words[3], words[4], words[5]
        )
        // With these bounds the products below fit easily.
        guard (1...1 << 24).contains(count), (1...4096).contains(height),
            (1...4096).contains(width), (1...256).contains(classes),
            (1...255).contains(maximumPixel)
        else {
            throw Self.malformed(
                path,
                "would have \(count) images of \(height)x\(width) pixels up to \(maximumPixel) in "
                    + "\(classes) classes")
        }
        let pixelCount = count * height * width
        guard bytes.count == Self.headerByteCount + pixelCount + count else {
            throw Self.malformed(
                path,
                "has \(bytes.count) bytes; expected \(Self.headerByteCount + pixelCount + count)")
        }
        let content = bytes[Self.headerByteCount...]
        guard CRC32.checksum(content) == UInt32(words[6]) else {
            throw Self.malformed(path, "is damaged: its check sum does not match")
        }
        pixels = Array(content.prefix(pixelCount))
        labels = Array(content.dropFirst(pixelCount))
        guard pixels.allSatisfy({ Int($0) <= maximumPixel }),
            labels.allSatisfy({ Int($0) < classes })
        else { throw Self.malformed(path, "has pixels or labels out of their range") }
    }

    private static func malformed(_ path: String, _ message: String) -> DataError {
        DataError(
            .malformed, path: path,
            "\(message); restore the file from Braid's sources "
                + "(Sources/BraidData/Resources/digits/digits.bin)")
    }
}
