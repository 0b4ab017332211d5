public import BraidCore

extension Operand {
    /// The matrices `[…, rows, columns]` with zeros above the diagonal, or above the one that lies
    /// `diagonal` places to its right. Any dtype.
    /// - Precondition: the rank is at least 2.
    public func lowerTriangle(diagonal: Int = 0) -> Self {
        triangle("lowerTriangle", diagonal) { $0 .>= $1 }
    }

    /// The matrices `[…, rows, columns]` with zeros below the diagonal, or below the one that lies
    /// `diagonal` places to its right. Any dtype.
    /// - Precondition: the rank is at least 2.
    public func upperTriangle(diagonal: Int = 0) -> Self {
        triangle("upperTriangle", diagonal) { $0 .<= $1 }
    }

    /// Zeros but where a condition holds for the row, moved by the diagonal, and the column.
    private func triangle(
        _ operation: String, _ diagonal: Int, _ keeps: (_ row: Self, _ column: Self) -> Self
    ) -> Self {
        guard isMatrices(operation) else { return self }
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let offset = Double(Swift.max(-rows, Swift.min(diagonal, columns)))
        let row = Self.range(from: offset, count: rows, dtype: .i64).reshaped(to: [rows, 1])
        let column = Self.range(count: columns, dtype: .i64)
        return select(keeps(row, column), self, .full([], 0, dtype: dtype))
    }

    /// The matrices `[…, rows, columns]` with rows and columns exchanged: a view.
    /// - Precondition: the rank is at least 2.
    public func matrixTransposed() -> Self {
        isMatrices("matrixTransposed") ? swappingAxes(-2, -1) : self
    }

    /// The diagonals of the matrices `[…, rows, columns]`, `[…, min(rows, columns)]`.
    /// - Precondition: the rank is at least 2.
    public func diagonal() -> Self {
        guard isMatrices("diagonal") else { return self }
        let (rows, columns) = (shape[rank - 2], shape[rank - 1])
        let leading = Array(shape.extents.dropLast(2))
        var axes = leading.map { StridedSlice.Axis(start: 0, count: $0, step: 1, isDropped: false) }
        axes.append(
            StridedSlice.Axis(
                start: 0, count: Swift.min(rows, columns), step: columns + 1, isDropped: false))
        return Self.apply(
            StridedSlice(axes: axes), reshaped(to: leading + [rows * columns]))
    }

    /// This array with two dimensions exchanged: a view.
    /// - Precondition: both axes are in `-rank..<rank`.
    public func swappingAxes(_ a: Int, _ b: Int) -> Self {
        guard let first = shape.resolved(axis: a), let second = shape.resolved(axis: b) else {
            return refused(
                .invalidAxis, in: "swappingAxes",
                "axes \(a) and \(b) are not both axes of shape \(shape)"
            )
        }
        var axes = Array(0..<rank)
        axes.swapAt(first, second)
        return transposed(axes: axes)
    }

    /// Whether there are matrices; reports a mistake otherwise.
    func isMatrices(_ operation: String) -> Bool {
        if rank >= 2 { return true }
        ArrayError(
            .shapeMismatch, in: operation,
            "takes matrices of shape […, rows, columns], not shape \(shape)"
        ).report()
        return false
    }

    /// Whether these are square matrices of f32 or f64; reports a mistake of `operation` if not. For
    /// functions that begin with other operators, which would call the mistake their own.
    func isSquare(for operation: String) -> Bool {
        do throws(ArrayError) {
            try Cholesky().requireSquare(type)
            return true
        } catch {
            ArrayError(error.code, in: operation, error.message).report()
            return false
        }
    }
}
