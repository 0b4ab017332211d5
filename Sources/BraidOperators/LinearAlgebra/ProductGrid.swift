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

    /// What it takes to pack an operand's element, beside one of a matrix that lies dense.
    struct PackingCosts {
        var left = 1.0
        /// 0 where the right operand is packed once for all pieces.
        var right = 1.0
    }

    /// - Parameters:
    ///   - sharing: how many neighbouring products with the same left operand should stay in one piece.
    ///   - packing: what each piece has to do before it multiplies; nil for vectors, which are not packed.
    init(
        products: Int, rows: Int, columns: Int, inner: Int, sharing: Int = 1,
        packing: PackingCosts? = PackingCosts(), _ dtype: DType
    ) {
        let table = Kernels.table.pointee
        let isSingle = dtype == .f32
        let rowUnit = Int(isSingle ? table.gemm_mr_f32 : table.gemm_mr_f64)
        let columnUnit = Int(isSingle ? table.gemm_nr_f32 : table.gemm_nr_f64)
        let cost = saturatingProduct(saturatingProduct(rows, columns), max(inner, 1))
        let wanted = Pieces.worthwhile(saturatingProduct(cost, products) / Self.operationsPerCost)
        self.sharing = sharing
        self.products = Pieces(products, atMost: wanted, unit: sharing)
        let cuts = Self.cuts(
            rows, columns, of: self.products.count, into: wanted, (rowUnit, columnUnit),
            packing ?? PackingCosts(left: 0, right: 0))
        self.rows = Pieces(rows, atMost: cuts.rows, unit: rowUnit)
        self.columns = Pieces(columns, atMost: cuts.columns, unit: columnUnit)
        let bytes = table.gemm_scratch_bytes(
            braid_dtype(UInt32(dtype.rawValue)), Int64(min(self.rows.length, rows)),
            Int64(min(self.columns.length, columns)), Int64(inner))
        scratchByteCount = (Int(bytes) + 63) & ~63
    }

    /// Into how many blocks of rows and of columns each of `products` is cut: powers of two, all pieces
    /// together at most `limit`, unless there are more products. More pieces use more threads, but each packs its
    /// rows and columns: the cut weighs the time of one thread and four times that of sixteen.
    private static func cuts(
        _ rows: Int, _ columns: Int, of products: Int, into limit: Int,
        _ smallest: (rows: Int, columns: Int), _ packing: PackingCosts
    ) -> (rows: Int, columns: Int) {
        // Small products are not worth the search.
        if limit <= products { return (1, 1) }
        var best = (rows: 1, columns: 1)
        var least = Double.infinity
        for rowCuts in powersOfTwo where rowCuts == 1 || rows / rowCuts >= smallest.rows {
            for columnCuts in powersOfTwo
            where columnCuts == 1 || columns / columnCuts >= smallest.columns {
                let pieces = products * rowCuts * columnCuts
                guard pieces <= limit else { continue }
                let packed =
                    packing.left * Double(rows) * Double(columnCuts)
                    + packing.right * Double(columns) * Double(rowCuts)
                let work = Double(rows) * Double(columns) * multiplicationPerPacking + packed
                let time = work * (1 + 4 / Double(min(pieces, 16)))
                if time < least { (best, least) = ((rowCuts, columnCuts), time) }
            }
        }
        return best
    }

    private static let powersOfTwo = [1, 2, 4, 8, 16, 32, 64]

    /// A multiply-add of the kernel beside the packing of an element, measured on an AMD EPYC (Zen 4).
    private static let multiplicationPerPacking = 1.0 / 11

    /// Multiply-adds that take about as long as one scalar operation elsewhere.
    private static let operationsPerCost = 8

    /// The number of pieces.
    var count: Int { products.count * rows.count * columns.count }

    /// Into how many blocks of rows each product is cut.
    var rowCuts: Int { rows.count }

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
