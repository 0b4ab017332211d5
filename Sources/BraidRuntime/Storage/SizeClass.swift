/// Rounds block sizes up to four classes per power of two, so that at most a fifth is wasted and a
/// freed block serves many later requests.
struct SizeClass: Sendable {
    /// Position in the pool's free lists.
    let index: Int
    /// Bytes of a block of this class; a multiple of 64.
    let byteCount: Int

    static let largestByteCount = 1 << 48
    /// Enough classes for the largest block.
    static let count = 4 * 42 + 1
}

extension SizeClass {
    /// The class for a request. A request above the largest block has a class without place in the
    /// pool, of more bytes, as an unsigned number, than the largest.
    @inline(__always)
    init(for requested: Int) {
        // Cache lines.
        let units = Int(bitPattern: (UInt(bitPattern: Swift.max(requested, 1)) &+ 63) >> 6)
        if units <= 4 {
            self.init(index: units &- 1, byteCount: units &* 64)
        } else {
            // units in (4 * 2^k, 8 * 2^k]: steps of 2^k.
            let power = Int.bitWidth - 1 - (units - 1).leadingZeroBitCount - 2
            let steps = (units - 1) >> power + 1  // 5...8
            self.init(index: power * 4 + steps - 1, byteCount: (steps << power) &* 64)
        }
    }
}
