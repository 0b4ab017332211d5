public import BraidCore

extension Operand {
    /// This array with `value` where `mask` (bool) is true; the mask broadcasts. Any dtype.
    /// - Precondition: the value is one of the dtype, and the shapes broadcast.
    public func filled(with value: Double, where mask: Self) -> Self {
        select(mask, .full([], value, dtype: dtype), self)
    }

    /// The elements or parts at points given by their coordinates, as TensorFlow's and ONNX's
    /// `gather_nd`: `indices` (i32 or i64) `[…, k]` name positions along the first `k` axes, so that
    /// `[rows, columns, width]` at `[batch, 2]` is `[batch, width]`. Any dtype.
    ///
    /// - Parameter mode: what a coordinate outside its axis means; an error of the result unless said
    ///   otherwise.
    /// - Precondition: the indices have a last axis of extent `k` in `1...rank`, and none of the first
    ///   `k` axes is empty if there is an index.
    public func gathered(atPoints indices: Self, mode: IndexMode = .checked) -> Self {
        guard indices.rank > 0, indices.dtype == .i32 || indices.dtype == .i64,
            let coordinates = indices.shape.extents.last, coordinates > 0, coordinates <= rank
        else {
            return refused(
                .shapeMismatch, in: "gathered(atPoints:)",
                "takes indices i64[…, k] of k in 1...rank coordinates for shape \(shape), not "
                    + "\(indices.type)"
            )
        }
        let extents = shape.extents
        let axis = indices.rank - 1
        let known =
            mode == .checked
            ? indices.inRange(
                below: Array(extents[..<coordinates]), of: "index", in: "gathered(atPoints:)")
            : indices
        // Row-major positions in the first axes, joined to one.
        var positions = Self.zeros([], dtype: .i64)
        for (coordinate, extent) in extents[..<coordinates].enumerated() {
            let given = known.part(coordinate..<(coordinate + 1), of: axis).squeezed(at: axis)
                .cast(to: .i64)
            let place =
                switch mode {
                case .checked: given
                case .clipping: given.clamped(to: 0...Double(Swift.max(extent - 1, 0)))
                case .wrapping: given.wrapped(mode, below: extent)
                }
            positions = positions * Double(extent) + place
        }
        let joined = extents[..<coordinates].reduce(1, *)
        return reshaped(to: [joined] + extents[coordinates...])
            .gathered(at: positions, axis: 0, mode: .clipping)
    }
}
