public import BraidCore
import CBraidKernels

/// Elements that an array of indices picks along one axis, each from the line of elements it stands in
/// itself.
public struct TakeAlongAxis: Operator {
    /// The name in files.
    public static let name = "take_along_axis"
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
    public var title: String { "taken" }

    /// The array's dtype and the indices' shape.
    /// - Throws: `ArrayError` for an axis out of range, indices that are not i32 or i64 or differ in
    ///   another extent, and for indices into an axis without elements.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, indices) = (inputs[0], inputs[1])
        try requireIndices(indices, along: axis, of: x)
        return TensorType(x.dtype, indices.shape)
    }

    /// Indices into the axis, if they are checked.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? {
        input == 1 && checksIndices == true ? IndexedAxis(inputs[0].shape, axis: axis).extent : nil
    }

    /// Copies in pieces of lines of results.
    public func evaluate(_ context: borrowing KernelContext) {
        let (x, indices) = (context.dense(0), context.dense(1))
        let (index, output) = (context.inputs[1], context.outputs[0])
        if output.type.count == 0 { return }
        let parts = IndexedAxis(context.inputs[0].shape, axis: axis)
        let count = IndexedAxis(index.shape, axis: axis).extent
        let pieces = Pieces(parts.outer * count, cost: parts.inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.take_along(
                output.dtype.size, x, index.kernelType, indices, output.address,
                Int64(parts.extent), Int64(count), Int64(parts.inner), Int64(range.lowerBound),
                Int64(range.upperBound))
        }
    }

    /// The indices.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent added at the indices; nothing flows into them.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, indices) = (context.inputs[0], context.inputs[1])
        guard let place = x.shape.resolved(axis: axis) else { return [nil, nil] }
        let scatter = ScatterAddAlongAxis(
            axis: place, extent: x.shape[place], checksIndices: checksIndices == true)
        return [context.cotangent.withArithmetic { .apply(scatter, $0, indices) }, nil]
    }
}

/// The gradient of `TakeAlongAxis`: values added, in the order of the indices, at given positions along
/// one axis of an array of zeros.
public struct ScatterAddAlongAxis: Operator {
    /// The name in files.
    public static let name = "scatter_add_along_axis"
    /// Takes dense operands, and looks at the indices.
    public static let traits: OperatorTraits = [.denseInputs, .checksValues]
    /// The values and the indices.
    public static let arity: Int? = 2

    /// The axis, in `-rank..<rank`.
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

    /// The values' dtype; their shape with the extent along the axis.
    /// - Throws: `ArrayError` for another dtype than numbers, an axis out of range, indices that are
    ///   not i32 or i64 or of another shape, and for indices into an axis without elements.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (values, indices) = (inputs[0], inputs[1])
        try require(values, "numbers") { $0.isArithmetic }
        let place = try resolve(axis: axis, of: values.shape)
        var extents = values.shape.extents
        extents[place] = extent
        let result = TensorType(values.dtype, try shape(extents))
        try requireIndices(indices, along: axis, of: result)
        try requireAlike(values, indices)
        return result
    }

    /// Indices into the axis, if they are checked.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? {
        input == 1 && checksIndices == true ? extent : nil
    }

    /// One operation per value and per result.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        inputs[0].count + output.count
    }

    /// Adds in pieces of what stands before the axis, each in the order of the indices.
    public func evaluate(_ context: borrowing KernelContext) {
        let (values, indices) = (context.dense(0), context.dense(1))
        let (index, output) = (context.inputs[1], context.outputs[0])
        if output.type.count == 0 { return }
        let parts = IndexedAxis(output.shape, axis: axis)
        let count = IndexedAxis(index.shape, axis: axis).extent
        let pieces = Pieces(parts.outer, cost: (count + parts.extent) * parts.inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.scatter_add_along(
                output.kernelType, values, index.kernelType, indices, output.address,
                Int64(parts.extent), Int64(count), Int64(parts.inner), Int64(range.lowerBound),
                Int64(range.upperBound))
        }
    }

    /// The indices.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent at the indices; nothing flows into them.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let take = TakeAlongAxis(axis: axis, checksIndices: checksIndices == true)
        return [.apply(take, context.cotangent, context.inputs[1]), nil]
    }
}

/// An array with values put at given positions along one axis, the last one where several go to one
/// place.
public struct ScatterAlongAxis: Operator {
    /// The name in files.
    public static let name = "scatter_along_axis"
    /// Takes dense operands, in place, and looks at the indices.
    public static let traits: OperatorTraits = [
        .denseInputs, .mayReuseFirstInput, .checksValues,
    ]
    /// The array, the indices and the values.
    public static let arity: Int? = 3

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
    public var title: String { "scattered" }

    /// The array's type.
    /// - Throws: `ArrayError` for an axis out of range, indices that are not i32 or i64 or differ in
    ///   another extent, values of another dtype or shape than theirs, and for indices into an axis
    ///   without elements.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let (x, indices, values) = (inputs[0], inputs[1], inputs[2])
        try requireIndices(indices, along: axis, of: x)
        try requireSameType(x, values)
        try requireAlike(values, indices)
        return x
    }

    /// Indices into the axis, if they are checked.
    public func indexBound(ofInput input: Int, for inputs: Span<TensorType>) -> Int? {
        input == 1 && checksIndices == true ? IndexedAxis(inputs[0].shape, axis: axis).extent : nil
    }

    /// One operation per value and per result.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        inputs[2].count + output.count
    }

    /// Copies, then writes in pieces of what stands before the axis.
    public func evaluate(_ context: borrowing KernelContext) {
        let (indices, values) = (context.dense(1), context.dense(2))
        let (index, output) = (context.inputs[1], context.outputs[0])
        if output.type.count == 0 { return }
        if output.address != context.dense(0) {
            context.copy(from: context.inputs[0], to: output)
        }
        if index.type.count == 0 { return }
        let parts = IndexedAxis(output.shape, axis: axis)
        let count = IndexedAxis(index.shape, axis: axis).extent
        let pieces = Pieces(parts.outer, cost: count * parts.inner)
        context.parallelFor(pieces.count) { piece in
            let range = pieces[piece]
            Kernels.table.pointee.scatter_along(
                output.dtype.size, values, index.kernelType, indices, output.address,
                Int64(parts.extent), Int64(count), Int64(parts.inner), Int64(range.lowerBound),
                Int64(range.upperBound))
        }
    }

    /// The indices.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent but where values went, and for each value that stayed the cotangent of its place.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (x, indices, dy) = (context.inputs[0], context.inputs[1], context.cotangent)
        guard let axis = x.shape.resolved(axis: axis) else { return [nil, nil, nil] }
        let mode: IndexMode = checksIndices == true ? .checked : .clipping
        var extents = [Int](repeating: 1, count: x.rank)
        extents[axis] = indices.shape[axis]
        // Which value stayed: put the values' numbers in their places and look which are there.
        let numbers = Symbol.range(count: indices.shape[axis], dtype: .i64)
            .reshaped(to: extents).broadcast(to: indices.shape)
        let written = Symbol.zeros(x.shape, dtype: .i64)
            .scattered(numbers, at: indices, alongAxis: axis, mode: mode)
        let stayed = written.taken(at: indices, alongAxis: axis, mode: mode) .== numbers
        let zero = Symbol.zeros([], dtype: dy.dtype)
        return [
            dy.scattered(
                .zeros(indices.shape, dtype: dy.dtype), at: indices, alongAxis: axis, mode: mode),
            nil, select(stayed, dy.taken(at: indices, alongAxis: axis, mode: mode), zero),
        ]
    }
}

extension Operator {
    /// Passes indices that stand along an axis of an array.
    fileprivate func requireIndices(
        _ indices: TensorType, along axis: Int, of x: TensorType
    ) throws(ArrayError) {
        let axis = try resolve(axis: axis, of: x.shape)
        try requireIndices(indices)
        try require(
            indices.rank == x.rank
                && indices.shape.replacing(axis, with: 1) == x.shape.replacing(axis, with: 1),
            .shapeMismatch,
            "indices of shape \(indices.shape) and an array of shape \(x.shape) differ in another "
                + "axis than \(axis)")
        try require(
            x.shape[axis] > 0 || indices.count == 0, .invalidIndex,
            "axis \(axis) of shape \(x.shape) has no element for indices \(indices.shape)")
    }

    fileprivate func requireAlike(
        _ values: TensorType, _ indices: TensorType
    ) throws(ArrayError) {
        try require(
            values.shape == indices.shape, .shapeMismatch,
            "takes a value for each index, not shape \(values.shape) for indices of shape "
                + "\(indices.shape)")
    }
}

extension Operand {
    /// The elements at `indices` (i32 or i64) along `axis`, as PyTorch's `gather` and NumPy's
    /// `take_along_axis`: with axis 1 the result's element `[i, j]` is `self[i, indices[i, j]]`. Any
    /// dtype. The gradient adds up where an index occurs more than once.
    ///
    /// - Parameter mode: what an index outside the axis means; an error of the result unless said
    ///   otherwise, as `taken: index 7 at position [0, 2] is outside 0..<5`.
    /// - Precondition: `axis` is in `-rank..<rank` and has an element if there is an index; the
    ///   indices' other extents are this array's.
    public func taken(
        at indices: Self, alongAxis axis: Int, mode: IndexMode = .checked
    ) -> Self {
        let places = indices.wrapped(mode, below: shape.extent(ofAxis: axis))
        return Self.apply(TakeAlongAxis(axis: axis, checksIndices: mode == .checked), self, places)
    }

    /// This array with `values` in place of the elements at `indices` (i32 or i64) along `axis`: with
    /// axis 1, `self[i, indices[i, j]] = values[i, j]`. Any dtype. Where several values go to one place
    /// the last stays, and the gradient flows to that one only.
    ///
    /// - Parameter mode: what an index outside the axis means; an error of the result unless said
    ///   otherwise.
    /// - Precondition: `axis` is in `-rank..<rank` and has an element if there is an index; the
    ///   indices' other extents are this array's, and there is a value of its dtype for each.
    public func scattered(
        _ values: Self, at indices: Self, alongAxis axis: Int, mode: IndexMode = .checked
    ) -> Self {
        let places = indices.wrapped(mode, below: shape.extent(ofAxis: axis))
        return Self.apply(
            ScatterAlongAxis(axis: axis, checksIndices: mode == .checked), self, places, values)
    }

    /// This array with `values` added to the elements at `indices` (i32 or i64) along `axis`: with axis
    /// 1, `self[i, indices[i, j]] += values[i, j]`. Of numbers.
    ///
    /// - Parameter mode: what an index outside the axis means; an error of the result unless said
    ///   otherwise.
    /// - Precondition: as for `scattered(_:at:alongAxis:mode:)`.
    public func scatterAdded(
        _ values: Self, at indices: Self, alongAxis axis: Int, mode: IndexMode = .checked
    ) -> Self {
        let extent = shape.extent(ofAxis: axis)
        let sums = ScatterAddAlongAxis(
            axis: axis, extent: extent, checksIndices: mode == .checked)
        return self + Self.apply(sums, values, indices.wrapped(mode, below: extent))
    }
}
