/// A pattern for names, with a new name for those that fit. `*` stands for any characters, as few as
/// possible; in the new name the stars stand for the same, in order.
package struct RenamingPattern: Sendable {
    private enum Piece: Hashable {
        case text(Substring)
        case star
    }

    private let pieces: [Piece]
    /// Nil: such names are left out.
    private let replacement: [Piece]?

    /// Longer names fit no pattern: they are nobody's, and would take long.
    private static let maximumByteCount = 1024

    /// - Returns: nil when the new name has more stars than the pattern.
    package init?(_ pattern: String, for name: String?) {
        pieces = Self.pieces(of: pattern)
        replacement = name.map(Self.pieces)
        let stars = pieces.count { $0 == .star }
        if let replacement, replacement.count(where: { $0 == .star }) > stars { return nil }
    }

    private static func pieces(of pattern: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = pattern[...]
        while !rest.isEmpty {
            let text = rest.prefix { $0 != "*" }
            if !text.isEmpty { pieces.append(.text(text)) }
            rest = rest[text.endIndex...]
            let stars = rest.prefix { $0 == "*" }
            if !stars.isEmpty { pieces.append(.star) }
            rest = rest[stars.endIndex...]
        }
        return pieces
    }

    /// The new name of one that fits, any other as it is; nil for one that is left out.
    package func callAsFunction(_ name: String) -> String? {
        guard name.utf8.count <= Self.maximumByteCount,
            let parts = Self.parts(of: name[...], pieces[...])
        else { return name }
        guard let replacement else { return nil }
        var next = 0
        return replacement.reduce(into: "") { result, piece in
            if case .text(let text) = piece {
                result += text
            } else {
                result += parts[next]
                next += 1
            }
        }
    }

    /// What the stars stand for, as little as possible each; nil when the name does not fit.
    private static func parts(of name: Substring, _ pieces: ArraySlice<Piece>) -> [Substring]? {
        guard let piece = pieces.first else { return name.isEmpty ? [] : nil }
        switch piece {
        case .text(let text):
            guard name.hasPrefix(text) else { return nil }
            return parts(of: name.dropFirst(text.count), pieces.dropFirst())
        case .star:
            var end = name.startIndex
            while true {
                if let rest = parts(of: name[end...], pieces.dropFirst()) {
                    return [name[..<end]] + rest
                }
                if end == name.endIndex { return nil }
                end = name.index(after: end)
            }
        }
    }
}
