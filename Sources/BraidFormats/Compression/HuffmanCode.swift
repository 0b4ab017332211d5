/// A canonical prefix code of DEFLATE (RFC 1951, section 3.2.2), for reading: short codes by a table,
/// longer ones length by length.
struct HuffmanCode {
    private static let longest = 15
    private static let tableBits = 10

    /// For the next ten bits: a symbol times 16 plus the length of its code; 0 for longer codes.
    private var table = [UInt16](repeating: 0, count: 1 << tableBits)
    /// How many codes have each length.
    private var counts = [Int](repeating: 0, count: longest + 1)
    /// The symbols by length, then by value.
    private var symbols: [UInt16] = []

    /// A code from the length of each symbol's code, 0 for symbols that do not occur; nil when lengths
    /// promise more codes than there are, or fewer. Fewer are allowed when there is at most one code,
    /// as encoders write it when no distance, or only one, occurs.
    init?(lengths: some Collection<UInt8>, allowsIncomplete: Bool) {
        for length in lengths { counts[Int(length)] += 1 }
        counts[0] = 0
        var room = 1
        for length in 1...Self.longest {
            room = room * 2 - counts[length]
            if room < 0 { return nil }
        }
        let used = counts.reduce(0, +)
        if room > 0, !(allowsIncomplete && used <= 1) { return nil }

        var starts = [Int](repeating: 0, count: Self.longest + 2)
        for length in 1...Self.longest { starts[length + 1] = starts[length] + counts[length] }
        symbols = Array(repeating: 0, count: used)
        var nextCode = [Int](repeating: 0, count: Self.longest + 1)
        var code = 0
        for length in 1...Self.longest {
            nextCode[length] = code
            code = (code + counts[length]) << 1
        }
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let length = Int(length)
            symbols[starts[length]] = UInt16(symbol)
            starts[length] += 1
            let code = nextCode[length]
            nextCode[length] += 1
            guard length <= Self.tableBits else { continue }
            // Codes stand with their highest bit first.
            var index = Self.reversed(code, length)
            while index < table.count {
                table[index] = UInt16(symbol) << 4 | UInt16(length)
                index += 1 << length
            }
        }
    }

    private static func reversed(_ code: Int, _ length: Int) -> Int {
        (0..<length).reduce(0) { $0 | (code >> $1 & 1) << (length - 1 - $1) }
    }

    /// Takes the next symbol; nil for bits that are no code.
    /// - Precondition: the reader is filled.
    @inline(__always)
    func next(_ reader: inout BitReader) -> Int? {
        let entry = table[reader.peek(Self.tableBits)]
        if entry != 0 {
            reader.drop(Int(entry & 15))
            return Int(entry >> 4)
        }
        return nextLong(&reader)
    }

    @inline(never)
    private func nextLong(_ reader: inout BitReader) -> Int? {
        var (code, first, index) = (0, 0, 0)
        for length in 1...Self.longest {
            code |= reader.take(1)
            let count = counts[length]
            if code - first < count { return Int(symbols[index + code - first]) }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        return nil
    }
}
