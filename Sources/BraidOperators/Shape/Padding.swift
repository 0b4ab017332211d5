public import BraidCore

/// What elements that are put around an array are.
public enum PaddingMode: Hashable, Sendable {
    /// All of one value.
    case constant(Double)
    /// The nearest element of the array: `a a | a b c | c c`.
    case edge
    /// The array mirrored at its first and last element: `c b | a b c | b a`.
    case reflect
    /// The array repeated: `b c | a b c | a b`.
    case wrap
}

extension Operand {
    /// This array with elements put around it.
    ///
    /// ```swift
    /// let image = NDArray.ones([1, 3, 28, 28])
    /// image.padded(by: [(0, 0), (0, 0), (2, 2), (2, 2)])                  // [1, 3, 32, 32]
    /// image.padded(by: [(0, 0), (0, 0), (1, 1), (1, 1)], mode: .reflect)  // [1, 3, 30, 30]
    /// ```
    /// - Parameters:
    ///   - widths: how many elements to put before and after each axis, one pair per axis.
    ///   - mode: what they are; a constant is a value of the dtype.
    /// - Precondition: there is a pair for each axis and none is negative; for other modes than a
    ///   constant the padded axes are not empty, and `reflect` puts fewer elements on either side than
    ///   the axis has.
    public func padded(
        by widths: [(before: Int, after: Int)], mode: PaddingMode = .constant(0)
    ) -> Self {
        let possible = 0..<(1 << 32)
        guard widths.count == rank,
            widths.allSatisfy({ possible.contains($0.before) && possible.contains($0.after) })
        else {
            return refused(
                .invalidValue, in: "padded",
                "takes a pair of widths from 0 on for each axis of shape \(shape), not \(widths)"
            )
        }
        if widths.allSatisfy({ $0.before == 0 && $0.after == 0 }) { return self }
        if case .constant(let value) = mode { return padded(by: widths, with: value) }
        var result = self
        for (axis, width) in widths.enumerated() where width.before + width.after > 0 {
            let extent = shape[axis]
            let most = mode == .reflect ? extent - 1 : .max
            guard extent > 0, Swift.max(width.before, width.after) <= most else {
                return refused(
                    .invalidValue, in: "padded",
                    "cannot put \(width.before) and \(width.after) elements around axis \(axis) of "
                        + "shape \(shape) by \(mode)"
                )
            }
            let places = Self.range(
                from: Double(-width.before), count: width.before + extent + width.after,
                dtype: .i64)
            result = result.gathered(
                at: places.within(extent, mode), axis: axis, mode: .clipping)
        }
        return result
    }

    private func padded(by widths: [(before: Int, after: Int)], with value: Double) -> Self {
        let extents = zip(shape.extents, widths).map { $0 + $1.before + $1.after }
        guard let whole = Shape(exactly: extents) else {
            return refused(
                .shapeMismatch, in: "padded",
                "the result would have shape \(extents): \(Shape.rule)"
            )
        }
        let axes = zip(shape.extents, widths).map {
            StridedSlice.Axis(start: $1.before, count: $0, step: 1, isDropped: false)
        }
        if value == 0, value.sign == .plus {
            return Self.apply(StridedSliceGradient(axes: axes, shape: whole), self)
        }
        let filled = Self.full(whole, value, dtype: dtype)
        return Self.apply(StridedSliceUpdate(StridedSlice(axes: axes)), filled, self)
    }

    /// Positions along an axis of these positions before, in and after it.
    private func within(_ extent: Int, _ mode: PaddingMode) -> Self {
        let last = Double(extent - 1)
        switch mode {
        case .constant, .edge: return self  // gathering takes the nearer end
        case .reflect: return last - (abs() - last).abs()
        case .wrap: return modulo(Double(extent))
        }
    }
}
