/// What is wrong with a graph.
public struct GraphError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The position of the node at fault; nil when the graph as a whole is.
    public let node: Int?
    /// The node's operator, or what else the node is: `input 'x'`, `constant`.
    public let operation: String
    /// What was wrong and what was expected.
    public let message: String

    /// An error from its parts.
    public init(node: Int?, operation: String, _ message: String) {
        self.node = node
        self.operation = operation
        self.message = message
    }

    /// As `node 7 (matmul): takes 2 inputs, but has 1`.
    public var description: String {
        if let node { return "node \(node) (\(operation)): \(message)" }
        return "\(operation): \(message)"
    }
}
