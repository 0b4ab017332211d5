import BraidCore

/// The block inside which a call happens. Kept in checked mode and for summaries only.
package final class BlockPath: Sendable {
    /// Its place in the outermost block and its type, as `encoder.0.attention (MultiHeadAttention)`.
    package let description: String
    /// What BraidNN knows of it.
    package let place: any Sendable

    package init(_ description: String, place: any Sendable) {
        self.description = description
        self.place = place
    }

    /// That of the innermost block around the calling code.
    package static var current: BlockPath? {
        Scopes.current?.values.blockPath.map { unsafeDowncast($0, to: BlockPath.self) }
    }

    /// Runs `body` inside this block.
    package func callAsFunction<R>(_ body: () throws -> R) rethrows -> R {
        try Scopes.changing({ $0.blockPath = self }, body)
    }
}
