import BraidCore
import CBraidKernels

/// The order in which a layer works, and where the states before a step stand.
struct StepOrder {
    let count: Int
    let isReversed: Bool

    /// The step that comes at a place.
    func step(at place: Int) -> Int { isReversed ? count - 1 - place : place }

    /// The step whose states those at a place follow; nil for the first states.
    func before(_ place: Int) -> Int? { place == 0 ? nil : step(at: place - 1) }
}

/// How the work of a layer is cut, from extents alone, and where a piece's memory lies in the scratch. Each
/// piece has some of the units, whose weights it packs once for all steps.
struct RecurrentPlan {
    /// What the products of a step are for.
    enum Products {
        /// The gates of a piece's units, from the states of all units.
        case gates
        /// The cotangents of a piece's units, from those of all gates.
        case cotangents
    }

    let extents: RecurrentExtents
    let gates: Int
    /// The units of each piece.
    let pieces: Pieces
    /// The largest number of units of a piece, up to whole register blocks.
    let width: Int
    /// The extent that products sum over.
    let inner: Int
    /// Columns of a piece's packed weights.
    let columns: Int
    private let type: braid_dtype
    private let packedByteCount: Int
    private let productByteCount: Int
    private let packingByteCount: Int

    init(
        _ extents: RecurrentExtents, _ kind: RecurrentKind, _ dtype: DType, _ products: Products
    ) {
        let table = Kernels.table.pointee
        self.extents = extents
        gates = kind.gateCount
        let unit = Int(dtype == .f64 ? table.gemm_nr_f64 : table.gemm_nr_f32)
        let all = saturatingProduct(gates * extents.units, extents.units)
        // Every piece packs the left factor anew, which fewer units do not repay.
        let wanted = min(
            Pieces.worthwhile(saturatingProduct(extents.batch, all) / 8), extents.units / 64)
        pieces = Pieces(extents.units, atMost: max(wanted, 1), unit: unit)
        width = (min(pieces.length, max(extents.units, 1)) + unit - 1) / unit * unit
        inner = products == .gates ? extents.units : gates * extents.units
        columns = products == .gates ? gates * width : width
        type = braid_dtype(UInt32(dtype.rawValue))
        func lines(_ byteCount: Int) -> Int { (byteCount + 63) & ~63 }
        packedByteCount = lines(inner * columns * dtype.size)
        productByteCount =
            products == .gates ? lines(extents.batch * columns * dtype.size) : 0
        packingByteCount = lines(
            Int(
                table.gemm_scratch_bytes(
                    type, Int64(extents.batch), Int64(columns), Int64(inner))))
    }

    private var pieceByteCount: Int { packedByteCount + productByteCount + packingByteCount }
    /// Scratch of all pieces.
    var byteCount: Int { pieces.count * pieceByteCount }

    /// Where a piece's products go that are not added to something else.
    func products(of piece: Int, in scratch: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        scratch + piece * pieceByteCount + packedByteCount
    }

    /// Packs weights `[inner, units]` of a piece's units, behind those of `group` others.
    func pack(
        _ weights: UnsafeRawPointer, rowStride: Int, columnStride: Int, group: Int = 0, piece: Int,
        in scratch: UnsafeMutableRawPointer
    ) {
        var part = braid_gemm_arguments()
        (part.n, part.k) = (Int64(pieces[piece].count), Int64(inner))
        part.b = weights
        part.b_row_stride = Int64(rowStride)
        part.b_column_stride = Int64(columnStride)
        Kernels.table.pointee.gemm_pack(
            type, &part, Int64(group * width), Int64(columns), scratch + piece * pieceByteCount)
    }

    /// Multiplies rows `[batch, inner]` by a piece's weights.
    func multiply(
        _ rows: UnsafeRawPointer, piece: Int, columns count: Int,
        into target: UnsafeMutableRawPointer, rowStride: Int, adding: Bool,
        in scratch: UnsafeMutableRawPointer
    ) {
        let memory = scratch + piece * pieceByteCount
        var product = braid_gemm_arguments()
        (product.m, product.n, product.k) = (Int64(extents.batch), Int64(count), Int64(inner))
        product.a = rows
        (product.a_row_stride, product.a_column_stride) = (Int64(inner), 1)
        product.b = UnsafeRawPointer(memory)
        (product.b_layout, product.b_row_stride) = (BRAID_B_PACKED, Int64(columns))
        product.c = target
        (product.ldc, product.accumulate) = (Int64(rowStride), adding ? 1 : 0)
        Kernels.table.pointee.gemm(
            type, &product, memory + packedByteCount + productByteCount)
    }
}
