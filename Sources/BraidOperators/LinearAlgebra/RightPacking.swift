import BraidCore
import CBraidKernels

/// The right operand of a matrix product packed before its pieces multiply, instead of once in each block of
/// rows.
struct RightPacking {
    /// Bytes up to which that is done.
    private static let limit = 1 << 25

    private let columns: Int
    /// The columns in whole register blocks.
    private let paddedColumns: Int
    private let dtype: DType
    private let pieces: Pieces
    /// Space of the packed operand, a multiple of 64.
    let byteCount: Int

    /// - Returns: nil for an operand that is too large.
    init?(inner: Int, columns: Int, _ dtype: DType) {
        let table = Kernels.table.pointee
        let unit = Int(dtype == .f32 ? table.gemm_nr_f32 : table.gemm_nr_f64)
        self.columns = columns
        self.dtype = dtype
        paddedColumns = (columns + unit - 1) / unit * unit
        pieces = Pieces(paddedColumns, cost: inner, unit: unit)
        let bytes = saturatingProduct(saturatingProduct(paddedColumns, inner), dtype.size)
        if bytes > Self.limit { return nil }
        byteCount = (bytes + 63) & ~63
    }

    /// Packs the right operand of `product` into `space`, in pieces of columns.
    func pack(
        _ product: braid_gemm_arguments, into space: UnsafeMutableRawPointer,
        _ context: borrowing KernelContext
    ) {
        context.parallelFor(pieces.count) { piece in
            let part = pieces[piece]
            var own = product
            own.b_n_offset = Int64(part.lowerBound)
            own.n = Int64(min(part.upperBound, columns) - part.lowerBound)
            Kernels.table.pointee.gemm_pack(
                braid_dtype(UInt32(dtype.rawValue)), &own, Int64(part.lowerBound),
                Int64(paddedColumns), space)
        }
    }

    /// Lets a product read what was packed into `space`.
    func lead(_ product: inout braid_gemm_arguments, to space: UnsafeMutableRawPointer) {
        product.b = UnsafeRawPointer(space)
        product.b_layout = BRAID_B_PACKED
        product.b_row_stride = Int64(paddedColumns)
    }
}
