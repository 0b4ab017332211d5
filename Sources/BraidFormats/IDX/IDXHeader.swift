/// What stands before the elements of an IDX file.
package struct IDXHeader: Sendable {
    /// Why bytes are no header.
    package struct Fault: Error {
        package let description: String

        package init(description: String) { self.description = description }

        /// The first bytes are others.
        package static let unlike = Fault(
            description: "it does not begin with two zeros, an element type and a rank")
    }

    /// Bytes of a header with so many dimensions.
    package static func byteCount(rank: Int) -> Int { 4 + 4 * rank }

    /// The byte that names the element type, whether anyone knows it or not.
    package let elementCode: UInt8
    package let extents: [Int]

    package var byteCount: Int { Self.byteCount(rank: extents.count) }

    /// Reads a header from the beginning of a file.
    package init(_ bytes: UnsafeRawBufferPointer, maximumRank: Int) throws(Fault) {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else { throw .unlike }
        let rank = Int(bytes[3])
        let byteCount = Self.byteCount(rank: rank)
        guard rank <= maximumRank else {
            throw Fault(description: "it has \(rank) dimensions; expected at most \(maximumRank)")
        }
        guard byteCount <= bytes.count else {
            throw Fault(
                description: "it ends within its header: it has \(bytes.count) bytes; expected "
                    + "\(byteCount) and more for \(rank) dimensions")
        }
        elementCode = bytes[2]
        extents = (0..<rank).map { Int(bytes.littleEndian(at: 4 + 4 * $0).byteSwapped) }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Turns the order of the bytes of each element around.
    package func reverseBytes(ofElements size: Int) {
        if size == 1 { return }
        for start in stride(from: 0, to: count, by: size) {
            var (low, high) = (start, start + size - 1)
            while low < high {
                swapAt(low, high)
                low += 1
                high -= 1
            }
        }
    }
}
