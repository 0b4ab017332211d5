import BraidCore
import CBraidKernels

/// How equal matrix products are cut into pieces: runs of products, or blocks of rows and columns of
/// each. Blocks are multiples of the kernel's register block. The cut follows from extents, dtype and
/// instruction set alone; no bit of the result depends on it, since the inner dimension stays whole.
struct ProductGrid {
    /// One piece's share.
    struct Part {
        let products: Range<Int>
        let rows: Range<Int>
        let columns: Range<Int>
    }

    private let products: Pieces
    private let rows: Pieces
    private let columns: Pieces
    /// How many neighbouring products have their left operand packed once, if it is the same.
    let sharing: Int
    /// Packing space of one piece, a multiple of 64 bytes.
    let scratchByteCount: Int

    /// - Parameter sharing: how many neighbouring products with the same left operand should stay in one
    ///   piece.
    init(
        products: Int, rows: Int, columns: Int, inner: Int, sharing: Int = 1, _ dtype: DType
    ) {
        let table = Kernels.table.pointee
        let isSingle = dtype == .f32
        let rowUnit = Int(isSingle ? table.gemm_mr_f32 : table.gemm_mr_f64)
        let columnUnit = Int(isSingle ? table.gemm_nr_f32 : table.gemm_nr_f64)
        let cost = saturatingProduct(saturatingProduct(rows, columns), max(inner, 1))
        let wanted = Pieces.worthwhile(saturatingProduct(cost, products) / Self.operationsPerCost)
        self.sharing = sharing
        self.products = Pieces(products, atMost: wanted, unit: sharing)
        // Halves the longer side, which keeps the packing of both operands small. Rows of shared products
        // are long enough, and each of their cuts packs all right operands again.
        let pieces = sharing > 1 ? min(wanted, Self.sharedPieces) : wanted
        let perProduct = pieces / max(self.products.count, 1)
        var (rowCuts, columnCuts) = (1, 1)
        while rowCuts * columnCuts * 2 <= perProduct {
            let (height, width) = (rows / rowCuts, columns / columnCuts)
            if height >= width, height >= 2 * rowUnit {
                rowCuts *= 2
            } else if width >= 2 * columnUnit {
                columnCuts *= 2
            } else {
                break
            }
        }
        self.rows = Pieces(rows, atMost: rowCuts, unit: rowUnit)
        self.columns = Pieces(columns, atMost: columnCuts, unit: columnUnit)
        let bytes = table.gemm_scratch_bytes(
            braid_dtype(UInt32(dtype.rawValue)), Int64(min(self.rows.length, rows)),
            Int64(min(self.columns.length, columns)), Int64(inner))
        scratchByteCount = (Int(bytes) + 63) & ~63
    }

    /// How many pieces shared products are cut into at most.
    private static let sharedPieces = 16

    /// Multiply-adds that take about as long as one scalar operation elsewhere.
    private static let operationsPerCost = 8

    /// The number of pieces.
    var count: Int { products.count * rows.count * columns.count }

    /// One piece's share; neighbouring pieces share their rows.
    subscript(piece: Int) -> Part {
        let (rest, column) = piece.quotientAndRemainder(dividingBy: columns.count)
        let (product, row) = rest.quotientAndRemainder(dividingBy: rows.count)
        return Part(products: products[product], rows: rows[row], columns: columns[column])
    }
}

extension TensorView {
    /// The address of the element that stands `offset` elements behind the first.
    func element(_ offset: Int) -> UnsafeMutableRawPointer { address + offset * dtype.size }
}
