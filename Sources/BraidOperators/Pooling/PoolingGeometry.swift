import BraidCore
import CBraidKernels

/// Where the windows over an image are.
public enum PoolingGeometry: Hashable, Codable, Sendable {
    /// A window of extents `kernel` moves by `stride` over an image with `padding` on both sides along
    /// each axis, less than the window, so that every window holds an element of the image. With
    /// `roundsUp`, there is another window at the end when the windows leave something of the image over.
    case sliding(kernel: Spatial, stride: Spatial, padding: Spatial, roundsUp: Bool)
    /// As many windows as `output` says, which cover the image evenly.
    case adaptive(output: Spatial)

    init(
        rank: Int, kernel: some SpatialValue, stride: (any SpatialValue)?,
        padding: some SpatialValue, roundsUp: Bool
    ) {
        let kernel = kernel.spatial(rank: rank)
        self = .sliding(
            kernel: kernel, stride: stride?.spatial(rank: rank) ?? kernel,
            padding: padding.spatial(rank: rank), roundsUp: roundsUp)
    }

    /// The number of spatial axes.
    var rank: Int {
        switch self {
        case .sliding(let kernel, _, _, _): kernel.rank
        case .adaptive(let output): output.rank
        }
    }

    /// The extents of the result; nil when a window does not fit or a number is out of its range.
    func output(of image: Spatial) -> Spatial? {
        guard rank == image.rank, (0..<rank).allSatisfy({ image[$0] > 0 }) else { return nil }
        let output: Spatial
        switch self {
        case .sliding(let kernel, let stride, let padding, let roundsUp):
            guard stride.rank == rank, padding.rank == rank else { return nil }
            output = Spatial(rank: rank) { axis in
                guard padding[axis] < kernel[axis] else { return 0 }
                return Self.windows(
                    image[axis], kernel[axis], stride[axis], padding[axis], roundsUp) ?? 0
            }
        case .adaptive(let extents): output = extents
        }
        let range = 1..<ConvolutionGeometry.limit
        return (0..<rank).allSatisfy { range.contains(output[$0]) } ? output : nil
    }

    /// The number of windows along one axis.
    private static func windows(
        _ extent: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ roundsUp: Bool
    ) -> Int? {
        guard
            let whole = ConvolutionGeometry.windows(
                extent, kernel: kernel, stride: stride, padding: padding)
        else { return nil }
        let isEven = (extent + 2 * padding - kernel) % stride == 0
        // Another one, unless it would begin behind the image.
        return roundsUp && !isEven && whole * stride < extent + padding ? whole + 1 : whole
    }

    /// About how many elements all windows of a plane have.
    fileprivate func elementCount(image: Spatial, output: Spatial) -> Int {
        switch self {
        case .sliding(let kernel, _, _, _): saturatingProduct(output.count, kernel.count)
        case .adaptive: Spatial(rank: image.rank) { image[$0] + output[$0] }.count
        }
    }

    /// The geometry as the kernels take it, for `planes` images.
    fileprivate func kernelGeometry(
        planes: Int, image: Spatial, output: Spatial, countsPadding: Bool
    ) -> braid_pool_geometry {
        var geometry = braid_pool_geometry()
        geometry.planes = Int64(planes)
        geometry.count_padding = countsPadding ? 1 : 0
        let (kernel, stride, padding): (Spatial, Spatial, Spatial)
        switch self {
        case .sliding(let windows, let steps, let margin, _):
            (kernel, stride, padding) = (windows, steps, margin)
        case .adaptive:
            geometry.adaptive = 1
            // Not looked at.
            (kernel, stride, padding) = (output, output, output)
        }
        func axis(_ fromTheEnd: Int) -> braid_pool_axis {
            let axis = image.rank - fromTheEnd
            return axis < 0
                ? braid_pool_axis(extent: 1, out: 1, kernel: 1, stride: 1, pad: 0)
                : braid_pool_axis(
                    extent: Int64(image[axis]), out: Int64(output[axis]),
                    kernel: Int64(kernel[axis]), stride: Int64(stride[axis]),
                    pad: Int64(padding[axis]))
        }
        (geometry.depth, geometry.height, geometry.width) = (axis(3), axis(2), axis(1))
        return geometry
    }
}

extension PoolingGeometry: CustomStringConvertible {
    /// As `of kernel (2, 2), stride (2, 2), padding (0, 0)`.
    public var description: String {
        switch self {
        case .sliding(let kernel, let stride, let padding, let roundsUp):
            "of kernel \(kernel), stride \(stride), padding \(padding)\(roundsUp ? ", rounding up" : "")"
        case .adaptive(let output): "with output \(output)"
        }
    }
}

extension Operator {
    /// The result's type for images.
    /// - Throws: `ArrayError` for other dtypes and ranks, and for windows that do not fit.
    func pooled(
        _ x: TensorType, _ geometry: PoolingGeometry
    ) throws(ArrayError) -> TensorType {
        try requireFloating(x)
        try requireRank(
            geometry.rank + 2, x,
            "images [batch, channels] and extents of \(geometry.rank) spatial axes")
        guard let output = geometry.output(of: Spatial(of: x.shape)) else {
            throw ArrayError(
                .shapeMismatch, in: Self.name,
                "windows \(geometry) do not fit images \(x.shape); kernel, stride and output must be "
                    + "at least 1, padding at least 0 and less than the kernel, and the kernel within "
                    + "the padded image")
        }
        return TensorType(x.dtype, try shape([x.shape[0], x.shape[1]] + output.values))
    }

    /// Passes the type of a result's cotangent.
    /// - Throws: `ArrayError` for another type.
    func requirePooled(
        _ dy: TensorType, of x: TensorType, _ geometry: PoolingGeometry
    ) throws(ArrayError) {
        let expected = try pooled(x, geometry)
        try require(
            dy == expected, .shapeMismatch, "takes a cotangent \(expected), not \(dy)")
    }

    /// One operation per element of each window; `planes` are the results.
    func poolingCost(
        _ geometry: PoolingGeometry, image: TensorType, planes: TensorType
    ) -> Int {
        saturatingProduct(
            planes.shape[0] * planes.shape[1],
            geometry.elementCount(
                image: Spatial(of: image.shape), output: Spatial(of: planes.shape)))
    }
}

extension KernelContext {
    /// Runs a pooling kernel on runs of planes `[batch, channels]`; each element of a window costs an
    /// operation.
    func forPlanes(
        _ geometry: PoolingGeometry, image: Shape, windows: Shape, countsPadding: Bool = true,
        _ run: (UnsafePointer<braid_pool_geometry>, Int64, Int64) -> Void
    ) {
        let (image, output, planes) = (
            Spatial(of: image), Spatial(of: windows), image[0] * image[1]
        )
        let pieces = Pieces(planes, cost: geometry.elementCount(image: image, output: output))
        let geometry = geometry.kernelGeometry(
            planes: planes, image: image, output: output, countsPadding: countsPadding)
        withUnsafePointer(to: geometry) { geometry in
            parallelFor(pieces.count) { piece in
                let range = pieces[piece]
                run(geometry, Int64(range.lowerBound), Int64(range.upperBound))
            }
        }
    }
}
