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
        guard let parts = parts(of: name) else { return name }
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
    private func parts(of name: String) -> [Substring]? {
        var rest = name[...]
        var pieces = pieces[...]
        if case .text(let text)? = pieces.first {
            guard rest.hasPrefix(text) else { return nil }
            rest = rest.dropFirst(text.count)
            pieces.removeFirst()
        }
        var parts: [Substring] = []
        // Stars and texts take turns.
        while pieces.popFirst() != nil {
            guard case .text(let text)? = pieces.popFirst() else { return parts + [rest] }
            if pieces.isEmpty {
                return rest.hasSuffix(text) ? parts + [rest.dropLast(text.count)] : nil
            }
            // The first place is as good as any: what comes later has the more to choose from.
            guard let place = rest.firstRange(of: text) else { return nil }
            parts.append(rest[..<place.lowerBound])
            rest = rest[place.upperBound...]
        }
        return rest.isEmpty ? parts : nil
    }
}
