import BraidCore

/// An operator for tests of what stands around operators: takes f32 or f64 of rank 1 and an axis.
struct Probe: Operator {
    static let name = "probe"
    static let arity: Int? = nil

    var axis = 0

    func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(inputs.count > 0, .shapeMismatch, "takes at least one array")
        try requireFloating(inputs[0])
        _ = try resolve(axis: axis, of: inputs[0].shape)
        for index in 1..<max(inputs.count, 1) {
            try requireSameType(inputs[0], inputs[index])
            _ = try broadcast(inputs[0], inputs[index])
        }
        return inputs[0]
    }

    func evaluate(_ context: borrowing KernelContext) {}
}

/// An operator with two outputs: the operand's type twice.
struct Pair: Operator {
    static let name = "pair"
    static let arity: Int? = 1

    func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType { inputs[0] }
    func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        [inputs[0], TensorType(.i64, inputs[0].shape)]
    }
    func evaluate(_ context: borrowing KernelContext) {}
}
