extension Symbol {
    private static func build<O: Operator>(
        _ op: O, _ inputs: [Symbol], carriesGradient: Bool = true
    ) -> [Symbol] {
        let types = inputs.map(\.type)
        do throws(ArrayError) {
            let outputs = try op.outputs(for: types.span)
            let node = Node(
                .operation(op), inputs: inputs, types: outputs, carriesGradient: carriesGradient)
            return outputs.indices.map { Symbol(node, $0) }
        } catch {
            error.naming(inputs).report()
            // Inside `validating`: a value of the best-guess type lets the code run on to the end.
            return [.variable("invalid", types.first?.dtype ?? .f32, types.first?.shape ?? [])]
        }
    }

    /// Adds a node without inputs.
    public static func apply<O: Operator>(_ op: O) -> Symbol { build(op, [])[0] }
    /// Adds a node with one input.
    public static func apply<O: Operator>(_ op: O, _ a: Symbol) -> Symbol { build(op, [a])[0] }
    /// Adds a node with two inputs.
    public static func apply<O: Operator>(_ op: O, _ a: Symbol, _ b: Symbol) -> Symbol {
        build(op, [a, b])[0]
    }
    /// Adds a node with three inputs.
    public static func apply<O: Operator>(
        _ op: O, _ a: Symbol, _ b: Symbol, _ c: Symbol
    ) -> Symbol {
        build(op, [a, b, c])[0]
    }
    /// Adds a node with any number of inputs and one output.
    public static func apply<O: Operator>(_ op: O, over inputs: [Symbol]) -> Symbol {
        build(op, inputs)[0]
    }
    /// Adds a node with several outputs.
    public static func applyAll<O: Operator>(_ op: O, to inputs: [Symbol]) -> [Symbol] {
        build(op, inputs)
    }
    /// Adds a node through which gradients flow or not.
    package static func applyAll<O: Operator>(
        _ op: O, to inputs: [Symbol], carriesGradient: Bool
    ) -> [Symbol] {
        build(op, inputs, carriesGradient: carriesGradient)
    }
    /// A key, i64 [2], that is drawn anew whenever the graph runs.
    public static func randomKey() -> Symbol {
        Symbol(Node(.randomKey, inputs: [], types: [TensorType(.i64, [2])]))
    }
}
