public import BraidCore
import CBraidKernels

/// The positions of elements in ascending or descending order along an axis: of all, or of the first
/// few. Equal elements keep their order; NaN is larger than any number, and both zeros are equal.
public struct ArgSort: Operator {
    /// The name in files.
    public static let name = "argsort"
    /// Takes a dense operand; nothing flows back through a position.
    public static let traits: OperatorTraits = [.denseInputs, .notDifferentiable]
    /// One operand.
    public static let arity: Int? = 1

    /// The axis, in `-rank..<rank`.
    public let axis: Int
    /// Whether the largest element comes first.
    public let isDescending: Bool
    /// How many positions to give, at most the axis's extent; nil for all.
    public let count: Int?

    package init(axis: Int, isDescending: Bool = false, count: Int? = nil) {
        self.axis = axis
        self.isDescending = isDescending
        self.count = count
    }

    /// i64 of the operand's shape, with the count for the axis's extent.
    /// - Throws: `ArrayError` for an axis out of range and a count that it does not have.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let shape = inputs[0].shape
        let axis = try resolve(axis: self.axis, of: shape)
        let count = count ?? shape[axis]
        try require(
            count >= 0 && count <= shape[axis], .invalidValue,
            "the count \(count) is more than axis \(axis) of shape \(shape) has, or negative")
        return TensorType(.i64, shape.replacing(axis, with: count))
    }

    /// Lines in pieces that follow from the shape, and bound what they need of memory.
    private func pieces(of shape: Shape) -> Pieces {
        let parts = IndexedAxis(shape, axis: axis)
        let bytes = 2 * Int(BRAID_SORT_ITEM_BYTES) * max(parts.extent, 1)
        let lines = parts.outer * parts.inner
        let worthwhile = Pieces.worthwhile(saturatingProduct(lines, 16 * max(parts.extent, 1)))
        return Pieces(lines, atMost: max(1, min(worthwhile, (1 << 26) / bytes)))
    }

    /// Room for two copies of a line with its keys, per piece.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let shape = inputs[0].shape
        let extent = IndexedAxis(shape, axis: axis).extent
        return pieces(of: shape).count * 2 * Int(BRAID_SORT_ITEM_BYTES) * extent
    }

    /// About that of a comparison per element and level of the sort.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(16, inputs[0].count)
    }

    /// Sorts line by line.
    public func evaluate(_ context: borrowing KernelContext) {
        let (input, output) = (context.inputs[0], context.outputs[0])
        if output.type.count == 0 { return }
        let x = context.dense(0)
        let parts = IndexedAxis(input.shape, axis: axis)
        let given = IndexedAxis(output.shape, axis: axis).extent
        let pieces = pieces(of: input.shape)
        let room = 2 * Int(BRAID_SORT_ITEM_BYTES) * parts.extent
        let scratch = context.scratch!  // declared, since there is an element
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.argsort(
                input.kernelType, x, output.address.assumingMemoryBound(to: Int64.self),
                Int64(parts.extent), Int64(parts.inner), Int64(given), isDescending ? 1 : 0,
                scratch + piece * room, Int64(range.lowerBound), Int64(range.upperBound))
        }
    }
}

extension Operand {
    /// The positions (i64) of the elements along `axis` in ascending or descending order. Any dtype.
    /// Equal elements keep their order; a NaN is larger than any number.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func argsorted(axis: Int = -1, descending: Bool = false) -> Self {
        Self.apply(ArgSort(axis: axis, isDescending: descending), self)
    }

    /// The elements along `axis` in ascending or descending order. Any dtype. Equal elements keep their
    /// order; a NaN is larger than any number. Each element's gradient is that of its place.
    /// - Precondition: `axis` is in `-rank..<rank`.
    public func sorted(axis: Int = -1, descending: Bool = false) -> Self {
        taken(
            at: argsorted(axis: axis, descending: descending), alongAxis: axis, mode: .clipping)
    }

    /// The `count` largest, or smallest, elements along `axis`, the most extreme first, and their
    /// positions (i64). Any dtype. Of equal elements the first comes first; a NaN is larger than any
    /// number. Each value's gradient flows to the element that it is.
    /// - Precondition: `axis` is in `-rank..<rank`, and `count` in 0 up to its extent.
    public func topK(
        _ count: Int, axis: Int = -1, largest: Bool = true
    ) -> (values: Self, indices: Self) {
        if let refusal = refusal(ofAxes: [axis], in: "topK") { return (refusal, refusal) }
        guard (0...shape.extent(ofAxis: axis)).contains(count) else {
            let refusal = refused(
                .invalidValue, in: "topK",
                "the count \(count) is negative, or more than axis \(axis) of shape \(shape) has")
            return (refusal, refusal)
        }
        let indices = Self.apply(ArgSort(axis: axis, isDescending: largest, count: count), self)
        return (taken(at: indices, alongAxis: axis, mode: .clipping), indices)
    }
}
