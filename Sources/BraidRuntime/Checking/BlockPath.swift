/// The blocks inside which a call happens, the innermost last. Kept in checked mode only.
package struct BlockPath: Sendable, CustomStringConvertible {
    @TaskLocal package static var current: BlockPath?

    /// The innermost block, of BraidNN's type.
    package let block: any Sendable
    /// Its place in the outermost one, as names of parameters have it; empty for that one itself.
    package let path: String

    package init(_ block: any Sendable, path: String) {
        self.block = block
        self.path = path
    }

    /// As `encoder.0.attention (MultiHeadAttention)`.
    package var description: String {
        path.isEmpty ? "\(type(of: block))" : "\(path) (\(type(of: block)))"
    }
}
