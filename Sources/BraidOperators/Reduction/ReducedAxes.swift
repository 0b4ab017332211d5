import BraidCore
import BraidPlatform
import CBraidKernels

/// The axes of a shape that a reduction runs over, counted from the front.
struct ReducedAxes {
    private var mask: UInt8 = 0

    /// - Parameter axes: each in `-rank..<rank`; nil for all.
    /// - Throws: `ArrayError` for an axis out of range or named twice.
    init(_ axes: [Int]?, of shape: Shape, in operation: String) throws(ArrayError) {
        guard let axes else {
            mask = UInt8((1 << shape.rank) - 1)
            return
        }
        for axis in axes {
            guard let resolved = shape.resolved(axis: axis) else {
                let expected = shape.rank == 0 ? "no axis" : "\(-shape.rank)..<\(shape.rank)"
                throw ArrayError(
                    .invalidAxis, in: operation,
                    "axis \(axis) is out of range for shape \(shape); expected \(expected)")
            }
            guard !contains(resolved) else {
                throw ArrayError(.invalidAxis, in: operation, "axis \(axis) is named twice")
            }
            mask |= 1 << resolved
        }
    }

    /// - Precondition: inference has accepted the axes.
    init(resolved axes: [Int]?, of shape: Shape) {
        do throws(ArrayError) {
            try self.init(axes, of: shape, in: "reduction")
        } catch { brokenInvariant("\(error) after inference") }
    }

    func contains(_ axis: Int) -> Bool { mask & (1 << axis) != 0 }

    /// The reduced axes in ascending order.
    var axes: [Int] { (0..<Shape.maximumRank).filter(contains) }

    func keptAxes(of shape: Shape) -> [Int] { (0..<shape.rank).filter { !contains($0) } }

    /// How many elements become one.
    func count(in shape: Shape) -> Int {
        var count = 1
        for axis in 0..<shape.rank where contains(axis) { count *= shape[axis] }
        return count
    }

    /// The shape without the reduced axes.
    func kept(of shape: Shape) -> Shape {
        var kept = Shape()
        for axis in 0..<shape.rank where !contains(axis) { kept.append(shape[axis]) }
        return kept
    }

    /// The shape with extent 1 along the reduced axes.
    func stretched(of shape: Shape) -> Shape {
        var stretched = shape
        for axis in 0..<shape.rank where contains(axis) {
            stretched = stretched.replacing(axis, with: 1)
        }
        return stretched
    }

    /// Runs the reduction kernel; every output element is reduced by one call, whole.
    func reduce(
        _ kind: braid_reduction, _ input: TensorView, _ output: TensorView,
        _ context: borrowing KernelContext
    ) {
        let shape = input.shape
        var arguments = braid_reduce_arguments()
        arguments.input = UnsafeRawPointer(input.address)
        arguments.output = output.address
        var (kept, reduced) = (0, 0)
        withUnsafeMutablePointer(to: &arguments) { arguments in
            let keptExtents = elements(&arguments.pointee.kept_extents)
            let keptStrides = elements(&arguments.pointee.kept_strides)
            let reducedExtents = elements(&arguments.pointee.reduced_extents)
            let reducedStrides = elements(&arguments.pointee.reduced_strides)
            for axis in 0..<shape.rank {
                let (extent, stride) = (Int64(shape[axis]), Int64(input.strides[axis]))
                if contains(axis) {
                    (reducedExtents[reduced], reducedStrides[reduced]) = (extent, stride)
                    reduced += 1
                } else {
                    (keptExtents[kept], keptStrides[kept]) = (extent, stride)
                    kept += 1
                }
            }
            arguments.pointee.kept_rank = Int32(kept)
            arguments.pointee.reduced_rank = Int32(reduced)
        }
        let pieces = Pieces(output.type.count, cost: count(in: shape))
        withUnsafePointer(to: arguments) { arguments in
            context.parallelFor(pieces.count) { piece in
                let range = pieces[piece]
                Kernels.table.pointee.reduce(
                    kind, input.kernelType, arguments, Int64(range.lowerBound),
                    Int64(range.upperBound))
            }
        }
    }
}

/// The elements of a C array that is a field of a struct behind a pointer.
private func elements<Tuple>(_ field: UnsafeMutablePointer<Tuple>) -> UnsafeMutablePointer<Int64> {
    UnsafeMutableRawPointer(field).assumingMemoryBound(to: Int64.self)
}
