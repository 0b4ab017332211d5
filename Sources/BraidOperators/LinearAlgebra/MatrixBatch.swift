import BraidCore

/// Dense matrices `[…, rows, columns]` one after the other, and how their work is cut.
struct MatrixBatch {
    private(set) var count = 1
    let rows: Int
    let columns: Int

    /// - Precondition: the rank is at least 2.
    init(_ shape: Shape) {
        rows = shape[shape.rank - 2]
        columns = shape[shape.rank - 1]
        for axis in 0..<(shape.rank - 2) { count *= shape[axis] }
    }

    /// Scalar operations of an elimination, about.
    var costEach: Int {
        saturatingProduct(saturatingProduct(rows, columns), max(rows, columns))
    }

    /// Matrices in pieces.
    var pieces: Pieces { Pieces(count, cost: costEach) }

    /// Bytes of scratch when each piece needs so many doubles.
    func scratch(_ doubles: Int) -> Int {
        saturatingProduct(pieces.count, saturatingProduct(doubles, MemoryLayout<Double>.stride))
    }

    /// Runs pieces of the matrices, each with its own doubles of scratch.
    func run(
        _ context: borrowing KernelContext, scratch doubles: Int,
        _ body: (_ matrices: Range<Int>, _ scratch: UnsafeMutablePointer<Double>?) -> Void
    ) {
        let pieces = pieces
        let scratch = context.scratch?.assumingMemoryBound(to: Double.self)
        context.parallelFor(pieces.count) { piece in
            body(pieces[piece], scratch.map { $0 + piece * doubles })
        }
    }
}

extension Operator {
    /// Passes f32 and f64 matrices.
    func requireMatrices(_ type: TensorType) throws(ArrayError) {
        try requireFloating(type)
        try require(
            type.rank >= 2, .shapeMismatch,
            "takes matrices of shape […, rows, columns], not shape \(type.shape)")
    }

    /// Passes f32 and f64 matrices with as many rows as columns.
    func requireSquare(_ type: TensorType) throws(ArrayError) {
        try requireMatrices(type)
        try require(
            type.shape[type.rank - 1] == type.shape[type.rank - 2], .shapeMismatch,
            "takes square matrices, not shape \(type.shape)")
    }

    /// Passes square matrices `[…, n, n]` with right-hand sides `[…, n, columns]`.
    func requireSystem(_ a: TensorType, _ b: TensorType) throws(ArrayError) {
        try requireSquare(a)
        try requireSameType(a, b)
        try require(
            a.rank == b.rank
                && a.shape.replacing(a.rank - 1, with: 1) == b.shape.replacing(b.rank - 1, with: 1),
            .shapeMismatch,
            "matrices of shape \(a.shape) do not fit right-hand sides of shape \(b.shape)")
    }
}

extension Symbol {
    /// The identity matrix of these matrices' dtype and extent.
    var identity: Symbol { .eye(shape[rank - 1], dtype: dtype) }
}
