/// An enum whose cases stand in files by name and are hashed as numbers.
public protocol NamedCase: CaseIterable, Codable, Hashable, Sendable {}

extension NamedCase {
    /// Reads the case's name.
    /// - Throws: `DecodingError` naming the unknown case.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self.allCases.first(where: { "\($0)" == name }) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "no \(Self.self) is called '\(name)'"))
        }
        self = value
    }

    /// Writes the case's name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("\(self)")
    }
}
