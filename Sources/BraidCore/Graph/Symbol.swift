/// A value of a graph that is being built: one output of a node.
public struct Symbol: Operand {
    package let node: Node
    package let index: Int

    package init(_ node: Node, _ index: Int = 0) {
        self.node = node
        self.index = index
    }

    /// Dtype and shape.
    public var type: TensorType { node.types[index] }

    /// An input of the graph, to be bound when it runs.
    public static func variable(_ name: String, _ dtype: DType = .f32, _ shape: Shape) -> Symbol {
        Symbol(Node(.variable(name: name), inputs: [], types: [TensorType(dtype, shape)]))
    }

    /// Tells a symbol from others as long as its node lives.
    package struct Name: Hashable {
        let node: ObjectIdentifier
        let index: Int
    }

    /// The same for equal outputs of the same node.
    package var name: Name { Name(node: ObjectIdentifier(node), index: index) }

    /// Whether both are the same output of the same node.
    package static func === (a: Symbol, b: Symbol) -> Bool {
        a.node === b.node && a.index == b.index
    }
}

/// A node of a graph that is being built.
package final class Node: Sendable {
    package enum Kind: Sendable {
        /// Bound when the graph runs.
        case variable(name: String)
        /// A key for random operators, drawn anew whenever the graph runs.
        case randomKey
        /// Comes from outside a trace: the object (of BraidRuntime) knows the array.
        case captured(any AnyObject & Sendable)
        /// Computed from the inputs.
        case operation(any Operator)
        /// A forward pass that carries its own gradient rule; never executed as a node.
        case custom(any CustomGradient)
    }

    // Written in `deinit` only, when no other reference is left.
    nonisolated(unsafe) package private(set) var kind: Kind
    package let types: [TensorType]
    /// Whether gradients flow through: false for what was computed outside `Autograd.record`.
    package let carriesGradient: Bool
    // Written in `deinit` only, when no other reference is left.
    nonisolated(unsafe) package private(set) var inputs: [Symbol]

    package init(
        _ kind: Kind, inputs: [Symbol], types: [TensorType], carriesGradient: Bool = true
    ) {
        self.carriesGradient = carriesGradient
        self.kind = kind
        self.inputs = inputs
        self.types = types
    }

    // Iterative, because the default would recurse once per node of the longest path.
    deinit {
        if inputs.isEmpty { return }
        var pending = [inputs]
        forgetInputs()
        while var list = pending.popLast() {
            while let symbol = list.popLast() {
                var node = symbol.node
                _ = consume symbol
                if isKnownUniquelyReferenced(&node), !node.inputs.isEmpty {
                    pending.append(node.inputs)
                    node.forgetInputs()
                }
            }
        }
    }

    /// - Precondition: whoever calls holds them, and nobody else the node.
    private func forgetInputs() {
        inputs = []
        // The closures of a rule may hold the operands, too.
        if case .custom = kind { kind = .randomKey }
    }
}

/// The gradient rule of a custom differentiable function, called while a gradient graph is built.
package protocol CustomGradient: Sendable {
    /// For each input the cotangents that flow into it, to be summed in this order; none for an input
    /// through which nothing flows.
    func cotangents(_ context: GradientContext) -> [[Symbol]]
}
