package import BraidCore

extension Graph {
    /// Checks that every value fits into so many bytes, and the scratch memory of every operator, so
    /// that a plan may count with their sizes.
    /// - Throws: `GraphError`, the first that does not.
    package func checkMemory(limit: Int) throws(GraphError) {
        for (position, node) in nodes.enumerated() {
            for type in node.types where type.byteCount > limit {
                throw GraphError(
                    node: position, operation: title(of: position),
                    "gives \(type), which is more than the \(limit) bytes that there are")
            }
            guard let op = node.op else { continue }
            let types = node.inputs.map(type(of:))
            let byteCount = op.scratchByteCount(for: types.span)
            if byteCount > limit {
                throw GraphError(
                    node: position, operation: title(of: position),
                    "asks for \(byteCount) bytes to work in, but there are \(limit)")
            }
        }
    }
}
