/// What stands before the elements of an IDX file.
package struct IDXHeader: Sendable {
    /// Why bytes are no header.
    package struct Fault: Error {
        package let description: String
    }

    /// Bytes of a header with so many dimensions.
    package static func byteCount(rank: Int) -> Int { 4 + 4 * rank }

    /// The byte that names the element type.
    package let elementCode: UInt8
    package let elementSize: Int
    package let extents: [Int]
    /// Bytes of a file with this header.
    package let fileByteCount: Int

    package var byteCount: Int { Self.byteCount(rank: extents.count) }

    /// Reads a header from the beginning of a file.
    package init(_ bytes: UnsafeRawBufferPointer, maximumRank: Int) throws(Fault) {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0,
            let elementSize = Self.elementSizes[bytes[2]]
        else {
            throw Fault(
                description: "it does not begin with two zeros, an element type and a rank")
        }
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
        let extents = (0..<rank).map { Int(bytes.littleEndian(at: 4 + 4 * $0).byteSwapped) }
        var fileByteCount = elementSize
        var isTooLarge = false
        for extent in extents where !isTooLarge {
            (fileByteCount, isTooLarge) = fileByteCount.multipliedReportingOverflow(by: extent)
        }
        if extents.contains(0) { (fileByteCount, isTooLarge) = (0, false) }
        if !isTooLarge {
            (fileByteCount, isTooLarge) = fileByteCount.addingReportingOverflow(byteCount)
        }
        if isTooLarge {
            throw Fault(description: "it has the extents \(extents), which are too large")
        }
        elementCode = bytes[2]
        self.elementSize = elementSize
        self.extents = extents
        self.fileByteCount = fileByteCount
    }

    private static let elementSizes: [UInt8: Int] = [
        0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8,
    ]
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
