public import BraidCore
import CBraidKernels

/// Elements at given positions along one axis: the indices' shape replaces the axis.
public struct Gather: Operator {
    /// The name in files.
    public static let name = "gather"
    /// Takes dense operands, and looks at the indices.
    public static let traits: OperatorTraits = [.denseInputs, .checksValues]
    /// The array and the indices.
    public static let arity: Int? = 2

    /// The axis, in `-rank..<rank`.
    public let axis: Int
    /// Whether an index outside the axis is an error. Otherwise, as in files that do not say, it means the
    /// nearer end.
    public let checksIndices: Bool?

    package init(axis: Int, checksIndices: Bool = true) {
        self.axis = axis
        self.checksIndices = checksIndices ? true : nil
    }

    /// The function.
    public var title: String { "gathered" }

    /// The array's dtype; its shape with the indices' shape in place of the axis.
    /// - Throws: `ArrayError` for an axis out of range, indices that are not i32 or i64, and for
    ///   indices into an axis without elements.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, indices) = (inputs[0], inputs[1])
        let axis = try resolve(axis: self.axis, of: x.shape)
        try requireIndices(indices)
        try require(
            x.shape[axis] > 0 || indices.count == 0, .invalidIndex,
            "axis \(axis) of shape \(x.shape) has no element for indices \(indices.shape)")
        var extents = x.shape.extents
        extents.replaceSubrange(axis...axis, with: indices.shape.extents)
        return TensorType(x.dtype, try shape(extents))
    }

    /// Indices into the axis, if they are checked.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? {
        input == 1 && checksIndices == true ? IndexedAxis(inputs[0].shape, axis: axis).extent : nil
    }

    /// Copies in pieces: of outer rows, or of indices where there is one outer row.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, indices) = (context.dense(0), context.dense(1))
        let (input, index, output) = (context.inputs[0], context.inputs[1], context.outputs[0])
        if output.type.count == 0 { return }
        let parts = IndexedAxis(input.shape, axis: axis)
        let (count, size) = (index.type.count, output.dtype.size)
        func gather(_ outer: Range<Int>, _ positions: Range<Int>) {
            Kernels.table.pointee.gather(
                size, x, index.kernelType, indices + positions.lowerBound * index.dtype.size,
                output.element(positions.lowerBound * parts.inner), Int64(parts.outer),
                Int64(parts.extent), Int64(positions.count), Int64(parts.inner),
                Int64(outer.lowerBound), Int64(outer.upperBound))
        }
        if parts.outer == 1 {
            let pieces = Pieces(count, cost: parts.inner)
            context.parallelFor(pieces.count) { gather(0..<1, pieces[$0]) }
        } else {
            let pieces = Pieces(parts.outer, cost: count * parts.inner)
            context.parallelFor(pieces.count) { gather(pieces[$0], 0..<count) }
        }
    }

    /// The indices.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent added at the indices; nothing flows into them.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, indices) = (context.inputs[0], context.inputs[1])
        guard let axis = x.shape.resolved(axis: axis) else { return [nil, nil] }
        let scatter = ScatterAdd(
            axis: axis, extent: x.shape[axis], checksIndices: checksIndices == true)
        return [context.cotangent.withArithmetic { .apply(scatter, $0, indices) }, nil]
    }
}

/// The gradient of `Gather`: an array's elements added, in the order of the indices, at given positions
/// along one axis of an array of zeros.
public struct ScatterAdd: Operator {
    /// The name in files.
    public static let name = "scatter_add"
    /// Takes dense operands, and looks at the indices.
    public static let traits: OperatorTraits = [.denseInputs, .checksValues]
    /// The array and the indices.
    public static let arity: Int? = 2

    /// The axis of the result, from 0 on.
    public let axis: Int
    /// The result's extent along the axis.
    public let extent: Int
    /// Whether an index outside the axis is an error. Otherwise, as in files that do not say, it means the
    /// nearer end.
    public let checksIndices: Bool?

    package init(axis: Int, extent: Int, checksIndices: Bool = true) {
        self.axis = axis
        self.extent = extent
        self.checksIndices = checksIndices ? true : nil
    }

    /// The array's dtype; its shape with the extent in place of the indices' shape.
    /// - Throws: `ArrayError` for another dtype than numbers, indices that are not i32 or i64, and an
    ///   array without the indices' shape at the axis.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (dy, indices) = (inputs[0], inputs[1])
        try require(dy, "numbers") { $0.isArithmetic }
        try requireIndices(indices)
        var extents = dy.shape.extents
        try require(
            axis >= 0 && axis <= dy.rank - indices.rank
                && Array(extents[axis..<(axis + indices.rank)]) == indices.shape.extents,
            .shapeMismatch,
            "shape \(dy.shape) does not hold the indices' shape \(indices.shape) from axis \(axis) on"
        )
        try require(
            extent > 0 || indices.count == 0, .invalidIndex,
            "an axis of extent \(extent) has no place for indices \(indices.shape)")
        extents.replaceSubrange(axis..<(axis + indices.rank), with: [extent])
        return TensorType(dy.dtype, try shape(extents))
    }

    /// Indices into the axis, if they are checked.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? {
        input == 1 && checksIndices == true ? extent : nil
    }

    /// One operation per element of the array and of the result.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        inputs[0].count + output.count
    }

    /// Adds in pieces of outer rows, each in the order of the indices.
    public func evaluate(_ context: borrowing KernelContext) {
        let (dy, indices) = (context.dense(0), context.dense(1))
        let (index, output) = (context.inputs[1], context.outputs[0])
        let count = index.type.count
        if output.type.count == 0 { return }
        if count == 0 { return output.clear() }
        let parts = IndexedAxis(output.shape, axis: axis)
        let pieces = Pieces(parts.outer, cost: (count + parts.extent) * parts.inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.scatter_add(
                output.kernelType, dy, index.kernelType, indices, output.address,
                Int64(parts.outer), Int64(parts.extent), Int64(count), Int64(parts.inner),
                Int64(range.lowerBound), Int64(range.upperBound))
        }
    }

    /// The indices.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent at the indices; nothing flows into them.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let gather = Gather(axis: axis, checksIndices: checksIndices == true)
        return [.apply(gather, context.cotangent, context.inputs[1]), nil]
    }
}

/// A dense array as `[outer, extent, inner]` around an axis.
struct IndexedAxis {
    private(set) var (outer, extent, inner) = (1, 1, 1)

    init(_ shape: Shape, axis: Int) {
        let axis = axis < 0 ? axis + shape.rank : axis
        for other in 0..<axis { outer *= shape[other] }
        extent = shape[axis]
        for other in (axis + 1)..<shape.rank { inner *= shape[other] }
    }
}

extension Operator {
    func requireIndices(_ indices: TensorType) throws(ArrayError) {
        try require(indices, "indices of i32 or i64") { $0 == .i32 || $0 == .i64 }
    }
}

extension Operand {
    /// The elements at `indices` (i32 or i64, any shape) along `axis`: the indices' shape replaces the
    /// axis, so that `[rows, width]` at `[batch]` is `[batch, width]`. Any dtype. The gradient adds up
    /// where an index occurs more than once.
    ///
    /// - Parameter mode: what an index outside the axis means; an error of the result unless said
    ///   otherwise, as `gathered: index -1 at position [2, 0] is outside 0..<10`.
    /// - Precondition: `axis` is in `-rank..<rank`, and has an element if there is an index.
    public func gathered(at indices: Self, axis: Int = 0, mode: IndexMode = .checked) -> Self {
        let places = indices.wrapped(mode, below: shape.extent(ofAxis: axis))
        return Self.apply(Gather(axis: axis, checksIndices: mode == .checked), self, places)
    }

    /// These integers as rows with a 1 at their place and 0 elsewhere: shape `[…, classes]`.
    /// - Parameter mode: what an integer outside `0..<classes` means; an error of the result unless said
    ///   otherwise.
    /// - Precondition: the dtype is an integer one, and there is a class where there is an integer.
    public func oneHot(
        classes: Int, dtype: DType = .f32, mode: IndexMode = .checked
    ) -> Self {
        guard self.dtype.isInteger else {
            return refused(.unsupportedType, in: "oneHot", "takes integers, not \(type)")
        }
        guard classes > 0 || (classes == 0 && count == 0) else {
            return refused(
                .invalidValue, in: "oneHot", "takes a class at least, not \(classes) classes")
        }
        guard Shape(exactly: shape.extents + [classes]) != nil else {
            return refused(
                .shapeMismatch, in: "oneHot",
                "\(classes) classes of each of \(type) make no shape: \(Shape.rule)")
        }
        let places =
            switch mode {
            case .checked: inRange(0..<classes, of: "index", in: "oneHot").cast(to: .i64)
            case .clipping: cast(to: .i64).clamped(to: 0...Double(Swift.max(classes - 1, 0)))
            case .wrapping: cast(to: .i64).wrapped(mode, below: classes)
            }
        return places.hits(classes: classes, dtype: dtype)
    }

    /// As `oneHot`, but an integer outside `0..<classes` gives a row of zeros.
    package func hits(classes: Int, dtype: DType) -> Self {
        let places = Self.range(count: classes, dtype: .i64)
        return (cast(to: .i64).expandingDimension(at: -1) .== places).cast(to: dtype)
    }
}

extension Shape {
    /// The extent of an axis; 0 for one that there is not, which is the operator's to refuse.
    func extent(ofAxis axis: Int) -> Int { resolved(axis: axis).map { self[$0] } ?? 0 }
}
