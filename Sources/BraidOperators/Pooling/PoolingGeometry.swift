import BraidCore
import CBraidKernels

/// How a window moves over an image.
public struct PoolingGeometry: Hashable, Codable, Sendable {
    /// The window's extents.
    public let kernel: Spatial2D
    /// Steps between windows.
    public let stride: Spatial2D
    /// Padding around the image, above and below, left and right; less than the window, so that every
    /// window holds an element of the image.
    public let padding: Spatial2D

    package init(kernel: (Int, Int), stride: (Int, Int)?, padding: (Int, Int)) {
        self.kernel = Spatial2D(kernel)
        self.stride = Spatial2D(stride ?? kernel)
        self.padding = Spatial2D(padding)
    }

    /// The extents of the result; nil when a window does not fit or a number is out of its range.
    func output(of image: Spatial2D) -> Spatial2D? {
        guard padding.height < kernel.height, padding.width < kernel.width,
            image.allSatisfy({ $0 > 0 })
        else { return nil }
        return ConvolutionGeometry(
            stride: stride, padding: padding, dilation: Spatial2D(height: 1, width: 1)
        ).output(of: image, kernel: kernel)
    }

    /// The geometry as the kernels take it, for `planes` images.
    func kernelGeometry(
        planes: Int, image: Spatial2D, output: Spatial2D, countsPadding: Bool
    ) -> braid_pool_geometry {
        braid_pool_geometry(
            planes: Int64(planes), height: Int64(image.height), width: Int64(image.width),
            out_h: Int64(output.height), out_w: Int64(output.width),
            kernel_h: Int64(kernel.height), kernel_w: Int64(kernel.width),
            stride_h: Int64(stride.height), stride_w: Int64(stride.width),
            pad_h: Int64(padding.height), pad_w: Int64(padding.width),
            count_padding: countsPadding ? 1 : 0)
    }
}

extension PoolingGeometry: CustomStringConvertible {
    /// As `(2, 2) with stride (2, 2), padding (0, 0)`.
    public var description: String { "\(kernel) with stride \(stride), padding \(padding)" }
}

extension Operator {
    /// The result's type for images.
    /// - Throws: `ArrayError` for other dtypes and ranks, and for windows that do not fit.
    func pooled(
        _ x: TensorType, _ geometry: PoolingGeometry
    ) throws(ArrayError) -> TensorType {
        try requireFloating(x)
        try requireRank(4, x, "images [batch, channels, height, width]")
        guard let output = geometry.output(of: Spatial2D(of: x.shape)) else {
            throw ArrayError(
                .shapeMismatch, in: Self.name,
                "windows \(geometry) do not fit images \(x.shape); window and stride must be at least "
                    + "1, padding at least 0 and less than the window, and the window within the "
                    + "padded image")
        }
        return TensorType(
            x.dtype, try shape([x.shape[0], x.shape[1], output.height, output.width]))
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
}

extension KernelContext {
    /// Runs a pooling kernel on runs of planes `[batch, channels]`; each plane of `windows` elements
    /// costs `windows * kernel` operations.
    func forPlanes(
        _ geometry: PoolingGeometry, image: Shape, windows: Shape, countsPadding: Bool = true,
        _ run: (UnsafePointer<braid_pool_geometry>, Int64, Int64) -> Void
    ) {
        let output = Spatial2D(of: windows)
        let planes = image[0] * image[1]
        let pieces = Pieces(
            planes, cost: saturatingProduct(output.count, geometry.kernel.count))
        let geometry = geometry.kernelGeometry(
            planes: planes, image: Spatial2D(of: image), output: output,
            countsPadding: countsPadding)
        withUnsafePointer(to: geometry) { geometry in
            parallelFor(pieces.count) { piece in
                let range = pieces[piece]
                run(geometry, Int64(range.lowerBound), Int64(range.upperBound))
            }
        }
    }
}
