/// Decompression of DEFLATE streams (P. Deutsch, RFC 1951, 1996).
package enum Inflate {
    /// Why a stream cannot be decompressed.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
        package static let truncated = Failure(description: "the compressed data end too early")
        static let overflow = Failure(
            description: "there are more data than the file says, or can have")
        static func malformed(_ what: String) -> Failure {
            Failure(description: "the compressed data are damaged: \(what)")
        }
    }

    /// A byte of a stream stands for at most so many: a match of 258 bytes takes two bits.
    package static let largestExpansion = 1032

    /// Decompresses a stream.
    /// - Parameter stopsWhenFull: whether a full output ends the work; otherwise more data are a
    ///   failure.
    /// - Returns: how many bytes of `input` the stream takes, and how many of `output` it fills.
    /// - Throws: `Failure`; what `output` holds is undefined then.
    package static func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
        stopsWhenFull: Bool = false
    ) throws(Failure) -> (consumed: Int, produced: Int) {
        var stream = Stream(reader: BitReader(input), output: output)
        do throws(Failure) {
            repeat {
                stream.reader.fill()
                stream.isLast = stream.reader.take(1) == 1
                switch stream.reader.take(2) {
                case 0: try stream.storedBlock()
                case 1: try stream.block(.fixedLiterals, .fixedDistances)
                case 2: try stream.dynamicBlock()
                default: throw .malformed("a block of a kind that there is not")
                }
                if stream.reader.isExhausted { throw .truncated }
            } while !stream.isLast
        } catch {
            guard stopsWhenFull, error == .overflow else { throw error }
        }
        return (stream.reader.byteOffset, stream.produced)
    }
}

/// A stream that is being decompressed.
private struct Stream {
    var reader: BitReader
    let output: UnsafeMutableRawBufferPointer
    var produced = 0
    var isLast = false

    /// A block of bytes as they are.
    mutating func storedBlock() throws(Inflate.Failure) {
        reader.alignToByte()
        reader.fill()
        let (length, complement) = (reader.take(16), reader.take(16))
        if reader.isExhausted { throw .truncated }
        guard length == ~complement & 0xFFFF else {
            throw .malformed("the length of a stored block")
        }
        let room = min(length, output.count - produced)
        let target = UnsafeMutableRawBufferPointer(rebasing: output[produced..<(produced + room)])
        guard reader.copyBytes(to: target) else { throw .truncated }
        produced += room
        if room < length { throw .overflow }
    }

    /// A block with codes of its own.
    mutating func dynamicBlock() throws(Inflate.Failure) {
        reader.fill()
        let literalCount = reader.take(5) + 257
        let distanceCount = reader.take(5) + 1
        let lengthCount = reader.take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else {
            throw .malformed("a block with too many codes")
        }
        var lengthLengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<lengthCount {
            reader.fill()
            lengthLengths[Self.lengthOrder[index]] = UInt8(reader.take(3))
        }
        guard let lengthCode = HuffmanCode(lengths: lengthLengths, allowsIncomplete: false) else {
            throw .malformed("the code of the codes' lengths")
        }
        var lengths: [UInt8] = []
        while lengths.count < literalCount + distanceCount {
            reader.fill()
            guard let symbol = lengthCode.next(&reader), !reader.isExhausted else {
                throw .truncated
            }
            switch symbol {
            case ..<16: lengths.append(UInt8(symbol))
            case 16:
                guard let last = lengths.last else { throw .malformed("a length before the first") }
                lengths += repeatElement(last, count: 3 + reader.take(2))
            case 17: lengths += repeatElement(0, count: 3 + reader.take(3))
            default: lengths += repeatElement(0, count: 11 + reader.take(7))
            }
        }
        guard lengths.count == literalCount + distanceCount, lengths[256] > 0,
            let literals = HuffmanCode(
                lengths: lengths[..<literalCount], allowsIncomplete: false),
            let distances = HuffmanCode(
                lengths: lengths[literalCount...], allowsIncomplete: true)
        else { throw .malformed("the codes of a block") }
        try block(literals, distances)
    }

    /// The symbols of a block.
    mutating func block(
        _ literals: HuffmanCode, _ distances: HuffmanCode
    ) throws(Inflate.Failure) {
        while true {
            // At most 15 + 5 + 15 + 13 bits are taken before the next one.
            reader.fill()
            guard let symbol = literals.next(&reader) else { throw .malformed("a literal's code") }
            if symbol < 256 {
                if produced == output.count { throw reader.isExhausted ? .truncated : .overflow }
                output[produced] = UInt8(symbol)
                produced += 1
                continue
            }
            if symbol == 256 { return }
            if reader.isExhausted { throw .truncated }
            guard symbol < 286 else { throw .malformed("a length's code") }
            let lengthIndex = symbol - 257
            let length = Self.lengthBases[lengthIndex] + reader.take(Self.lengthBits[lengthIndex])
            guard let distanceIndex = distances.next(&reader), distanceIndex < 30 else {
                throw .malformed("a distance's code")
            }
            let bits = max(0, distanceIndex / 2 - 1)
            let base = distanceIndex < 2 ? distanceIndex + 1 : (2 + distanceIndex % 2) << bits + 1
            let distance = base + reader.take(bits)
            if reader.isExhausted { throw .truncated }
            guard distance <= produced else { throw .malformed("a distance before the beginning") }
            let count = min(length, output.count - produced)
            // Byte by byte, as a match may run into itself.
            for position in produced..<(produced + count) {
                output[position] = output[position - distance]
            }
            produced += count
            if count < length { throw .overflow }
        }
    }

    /// In which order the lengths of the lengths' codes stand.
    private static let lengthOrder = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]
    /// The shortest match and the number of further bits for each length symbol from 257 on.
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
        131, 163, 195, 227, 258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
}

extension HuffmanCode {
    /// The codes of blocks that bring none (RFC 1951, section 3.2.6).
    fileprivate static let fixedLiterals = HuffmanCode(
        lengths: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 },
        allowsIncomplete: false)!
    fileprivate static let fixedDistances = HuffmanCode(
        lengths: [UInt8](repeating: 5, count: 32), allowsIncomplete: false)!
}
