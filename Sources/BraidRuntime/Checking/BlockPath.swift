/// The block inside which a call happens. Kept in checked mode and for summaries only.
package struct BlockPath: Sendable {
    @TaskLocal package static var current: BlockPath?

    /// Its place in the outermost block and its type, as `encoder.0.attention (MultiHeadAttention)`.
    package let description: String
    /// What BraidNN knows of it.
    package let place: any Sendable

    package init(_ description: String, place: any Sendable) {
        self.description = description
        self.place = place
    }
}
