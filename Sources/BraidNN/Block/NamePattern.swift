/// A pattern of names: `*` stands for any characters, dots too, and everything else for itself.
struct NamePattern: Hashable, Sendable, CustomStringConvertible {
    let description: String
    private let pieces: [Substring]

    init(_ pattern: String) {
        description = pattern
        pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
    }

    /// Whether the whole name fits the pattern.
    func matches(_ name: String) -> Bool {
        guard pieces.count > 1 else { return name == description }
        guard name.hasPrefix(pieces[0]) else { return false }
        var rest = name.dropFirst(pieces[0].count)
        // The first place is as good as any: what comes later has the more to choose from.
        for piece in pieces[1..<(pieces.count - 1)] where !piece.isEmpty {
            guard let place = rest.firstRange(of: piece) else { return false }
            rest = rest[place.upperBound...]
        }
        return rest.hasSuffix(pieces.last!)
    }
}
