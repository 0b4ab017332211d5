/// A number among an operator's attributes: equal to another only when their bits are, so that 0 and
/// -0 tell operators apart and NaN equals itself.
@propertyWrapper
@frozen
public struct BitExact: Hashable, Sendable {
    /// The number.
    public var wrappedValue: Double

    /// A number.
    @inlinable @inline(__always)
    public init(wrappedValue: Double) { self.wrappedValue = wrappedValue }

    /// Whether both have the same bits.
    public static func == (a: BitExact, b: BitExact) -> Bool {
        a.wrappedValue.bitPattern == b.wrappedValue.bitPattern
    }

    /// Feeds the bits.
    public func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue.bitPattern) }
}

extension BitExact: Codable {
    // JSON has no infinity and no NaN, and not every reader keeps the sign of zero.
    private var needsText: Bool {
        !wrappedValue.isFinite || (wrappedValue == 0 && wrappedValue.sign == .minus)
    }

    /// Reads a number, or text as `encode` writes it.
    /// - Throws: `DecodingError` for anything else.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self.init(wrappedValue: number)
            return
        }
        let text = try container.decode(String.self)
        guard let number = Double(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no number")
        }
        self.init(wrappedValue: number)
    }

    /// Writes a number; infinities, NaN and -0 as text: `inf`, `nan`, `-0.0`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if needsText {
            try container.encode("\(wrappedValue)")
        } else {
            try container.encode(wrappedValue)
        }
    }
}
