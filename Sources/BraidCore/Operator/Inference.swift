/// Checks that inference functions share; each throws an `ArrayError` in the operator's name.
extension Operator {
    /// The axis counted from the front.
    /// - Throws: `ArrayError` when it is out of range.
    public func resolve(axis: Int, of shape: Shape) throws(ArrayError) -> Int {
        if let resolved = shape.resolved(axis: axis) { return resolved }
        let expected = shape.rank == 0 ? "no axis" : "\(-shape.rank)..<\(shape.rank)"
        throw ArrayError(
            .invalidAxis, in: Self.name,
            "axis \(axis) is out of range for shape \(shape); expected \(expected)")
    }

    /// Passes types whose dtype satisfies a condition.
    /// - Throws: `ArrayError` naming the dtype and what was expected.
    public func require(
        _ type: TensorType, _ expectation: String, _ condition: (DType) -> Bool
    ) throws(ArrayError) {
        if condition(type.dtype) { return }
        throw ArrayError(
            .unsupportedType, in: Self.name, "takes \(expectation), not \(type)")
    }

    /// Passes f32 and f64.
    /// - Throws: `ArrayError` for other dtypes.
    public func requireFloating(_ type: TensorType) throws(ArrayError) {
        try require(type, "f32 or f64") { $0.isComputedFloating }
    }

    /// Passes two operands of the same dtype.
    /// - Throws: `ArrayError` naming both.
    public func requireSameType(_ a: TensorType, _ b: TensorType) throws(ArrayError) {
        if a.dtype == b.dtype { return }
        throw ArrayError(
            .unsupportedType, in: Self.name,
            "takes operands of one dtype, not \(a) and \(b); cast one of them")
    }

    /// Passes operands of the given rank.
    /// - Throws: `ArrayError` naming shape and meaning.
    public func requireRank(_ rank: Int, _ type: TensorType, _ meaning: String) throws(ArrayError) {
        if type.rank == rank { return }
        throw ArrayError(
            .shapeMismatch, in: Self.name, "takes \(meaning), not shape \(type.shape)")
    }

    /// Passes when a condition on attributes or shapes holds.
    /// - Throws: `ArrayError` with the message.
    public func require(
        _ condition: Bool, _ code: ArrayError.Code, _ message: @autoclosure () -> String
    ) throws(ArrayError) {
        if !condition { throw ArrayError(code, in: Self.name, message()) }
    }

    /// The shape that two operands broadcast to.
    /// - Throws: `ArrayError` when they do not agree.
    public func broadcast(_ a: TensorType, _ b: TensorType) throws(ArrayError) -> Shape {
        if let shape = a.shape.broadcast(with: b.shape) { return shape }
        throw ArrayError(
            .shapeMismatch, in: Self.name,
            "shapes \(a.shape) and \(b.shape) do not broadcast; "
                + "aligned at the end, extents must be equal or 1")
    }

    /// A shape made from computed extents.
    /// - Throws: `ArrayError` when they make none (too many elements, negative extents).
    public func shape(_ extents: [Int]) throws(ArrayError) -> Shape {
        if let shape = Shape(exactly: extents) { return shape }
        throw ArrayError(
            .shapeMismatch, in: Self.name, "the result would have shape \(extents): \(Shape.rule)")
    }
}
