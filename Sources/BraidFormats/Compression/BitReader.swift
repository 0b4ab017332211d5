/// Reads bits as DEFLATE packs them: from the lowest of each byte on. Past the end it reads zeros and
/// notes that.
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private var next = 0
    private var bits: UInt64 = 0
    private(set) var bitCount = 0
    /// Bits that were made up behind the end.
    private var missing = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether more bits were taken than there are.
    var isExhausted: Bool { missing > bitCount }

    /// The position behind the byte that the last bit taken belongs to.
    var byteOffset: Int { next - (bitCount - missing) / 8 }

    /// Makes at least 48 bits available.
    @inline(__always)
    mutating func fill() {
        while bitCount <= 48 {
            if next < bytes.count {
                bits |= UInt64(bytes[next]) << UInt64(bitCount)
                next += 1
            } else {
                missing += 8
            }
            bitCount += 8
        }
    }

    /// The next bits, which stay.
    /// - Precondition: filled, and `count` is at most 32.
    @inline(__always)
    func peek(_ count: Int) -> Int { Int(truncatingIfNeeded: bits & (1 << UInt64(count) - 1)) }

    /// Drops bits.
    @inline(__always)
    mutating func drop(_ count: Int) {
        bits >>= UInt64(count)
        bitCount -= count
    }

    /// Takes bits.
    @inline(__always)
    mutating func take(_ count: Int) -> Int {
        let value = peek(count)
        drop(count)
        return value
    }

    /// Drops the rest of the current byte.
    mutating func alignToByte() { drop(bitCount % 8) }

    /// Copies whole bytes from a byte boundary.
    /// - Returns: false when there are not so many.
    mutating func copyBytes(to output: UnsafeMutableRawBufferPointer) -> Bool {
        let start = byteOffset
        guard missing == 0 || start < bytes.count || output.isEmpty,
            output.count <= bytes.count - start
        else { return false }
        output.copyBytes(from: bytes[start..<(start + output.count)])
        next = start + output.count
        (bits, bitCount, missing) = (0, 0, 0)
        return true
    }
}
