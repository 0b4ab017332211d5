/// The check sum of gzip, zip and PNG files (ISO 3309, reflected polynomial 0xEDB88320).
package enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in
            sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
        }
    }

    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 { extend(0, by: bytes) }

    /// The sum of bytes, and of more behind them.
    package static func extend(_ checksum: UInt32, by bytes: some Sequence<UInt8>) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            ~bytes.reduce(~checksum) { sum, byte in
                sum >> 8 ^ table[Int((sum ^ UInt32(byte)) & 0xFF)]
            }
        }
    }
}
