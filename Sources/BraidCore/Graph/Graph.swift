/// Operators and how values flow between them, from inputs to outputs: what tracing gives, what passes
/// turn into another, and what is compiled.
///
/// Immutable in use: passes build a new graph. Nodes stand in an order in which every node comes after
/// those whose values it takes.
public struct Graph: Sendable {
    /// One output of one node.
    public struct Value: Hashable, Sendable {
        /// The position of the node.
        public let node: Int
        /// Which of the node's outputs.
        public let output: Int

        /// An output of a node.
        public init(_ node: Int, _ output: Int = 0) {
            self.node = node
            self.output = output
        }
    }

    /// What a node does.
    public enum Kind: Sendable {
        /// Stands for an array that each call gives; a random key, i64 [2], is drawn anew for each
        /// call instead.
        case input(name: String, isRandomKey: Bool = false)
        /// Always the same elements.
        case constant(Constant)
        /// Computes its outputs from its inputs.
        case operation(any Operator)
    }

    /// One step of the graph.
    public struct Node: Sendable {
        /// What the node does.
        public let kind: Kind
        /// Where the operands come from.
        public let inputs: [Value]
        /// The types of the outputs.
        public let types: [TensorType]

        /// A node from its parts.
        public init(_ kind: Kind, inputs: [Value] = [], types: [TensorType]) {
            self.kind = kind
            self.inputs = inputs
            self.types = types
        }

        /// The operator; nil for inputs and constants.
        public var op: (any Operator)? {
            if case .operation(let op) = kind { op } else { nil }
        }
    }

    /// The elements of a constant, dense in row-major order.
    public struct Constant: Hashable, Sendable {
        /// Dtype and shape.
        public let type: TensorType
        /// The elements' bytes, `type.byteCount` of them.
        public let bytes: [UInt8]

        /// A constant from its parts.
        /// - Precondition: there are as many bytes as the type has; after a mistake inside `validating`
        ///   there are none, of a shape without elements.
        public init(_ type: TensorType, bytes: [UInt8]) {
            guard bytes.count == type.byteCount else {
                ArrayError(
                    .shapeMismatch, in: "constant",
                    "\(bytes.count) bytes are not those of \(type), which has \(type.byteCount)"
                ).report()
                self.type = TensorType(type.dtype, [0])
                self.bytes = []
                return
            }
            self.type = type
            self.bytes = bytes
        }
    }

    /// The nodes, each after those whose values it takes.
    public let nodes: [Node]
    /// The input nodes in the order in which a call gives their arrays.
    public let inputs: [Int]
    /// What a call returns.
    public let outputs: [Value]

    /// A graph from its parts, which `verified()` checks.
    public init(nodes: [Node], inputs: [Int], outputs: [Value]) {
        self.nodes = nodes
        self.inputs = inputs
        self.outputs = outputs
    }

    /// The type of a value.
    public func type(of value: Value) -> TensorType { nodes[value.node].types[value.output] }

    /// The name of an input node.
    /// - Precondition: the node is an input; the name is empty after a mistake inside `validating`.
    public func inputName(_ node: Int) -> String {
        guard nodes.indices.contains(node), case .input(let name, _) = nodes[node].kind else {
            ArrayError(.invalidIndex, in: "graph", "node \(node) is no input").report()
            return ""
        }
        return name
    }

    /// Whether a node is an input for which each call draws a random key.
    public func isRandomKey(_ node: Int) -> Bool {
        if case .input(_, isRandomKey: true) = nodes[node].kind { true } else { false }
    }
}
