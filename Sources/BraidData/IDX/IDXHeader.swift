import BraidCore
import BraidRuntime

/// What stands before the elements of an IDX file.
struct IDXHeader {
    /// Why bytes are no header.
    struct Fault: Error {
        let description: String
    }

    static let maximumByteCount = 4 + 4 * Shape.maximumRank

    let type: TensorType
    let byteCount: Int

    /// Bytes of a file with this header.
    var fileByteCount: Int { byteCount + type.byteCount }

    /// Reads a header from the beginning of a file.
    init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let dtype = Self.dtypes[bytes[2]]
        else {
            throw Fault(
                description: "it does not begin with two zeros, an element type and a rank")
        }
        let rank = Int(bytes[3])
        byteCount = 4 + 4 * rank
        guard rank <= Shape.maximumRank else {
            throw Fault(
                description: "it has \(rank) dimensions; expected at most \(Shape.maximumRank)")
        }
        guard byteCount <= bytes.count else {
            throw Fault(
                description: "it ends within its header: it has \(bytes.count) bytes; expected "
                    + "\(byteCount) and more for \(rank) dimensions")
        }
        let extents = (0..<rank).map { Int(bytes.littleEndian(at: 4 + 4 * $0).byteSwapped) }
        // The sum with the header must be a number, too.
        guard let shape = Shape(exactly: extents),
            shape.elementCount <= (Int.max - byteCount) / dtype.size
        else { throw Fault(description: "it has the extents \(extents), which are too large") }
        type = TensorType(dtype, shape)
    }

    private static let dtypes: [UInt8: DType] = [
        0x08: .u8, 0x09: .i8, 0x0B: .i16, 0x0C: .i32, 0x0D: .f32, 0x0E: .f64,
    ]

    /// The array whose big-endian bytes `fill` writes.
    func array(
        path: String, filledBy fill: (UnsafeMutableRawBufferPointer) throws(DataError) -> Void
    ) throws(DataError) -> NDArray {
        let array = try NDArray(reserving: type, path: path)
        let buffer = UnsafeMutableRawBufferPointer(
            start: array.storage.address, count: type.byteCount)
        try fill(buffer)
        buffer.reverseBytes(ofElements: type.dtype.size)
        return array
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Turns the order of the bytes of each element around.
    func reverseBytes(ofElements size: Int) {
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
