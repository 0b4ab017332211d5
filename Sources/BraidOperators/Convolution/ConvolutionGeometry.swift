import BraidCore
import CBraidKernels

/// How kernels move over an image, and which channels they see.
public struct ConvolutionGeometry: Hashable, Codable, Sendable {
    /// Steps between windows.
    public let stride: Spatial
    /// Zeros on both sides of the image along each axis.
    public let padding: Spatial
    /// Steps between the elements of a window.
    public let dilation: Spatial
    /// Into how many groups the channels are cut; each has its own kernels.
    public let groups: Int

    package init(stride: Spatial, padding: Spatial, dilation: Spatial, groups: Int = 1) {
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    /// The kernels compute positions in 32 bits.
    static let limit = 1 << 30

    /// The number of windows of one axis: `(extent + 2 padding - dilation (kernel - 1) - 1) / stride + 1`.
    /// Nil when the window, spread by the dilation, exceeds the padded extent, or when a number is out
    /// of its range.
    static func windows(
        _ extent: Int, kernel: Int, stride: Int, padding: Int, dilation: Int = 1
    ) -> Int? {
        guard (1..<limit).contains(kernel), (1..<limit).contains(stride),
            (0..<limit).contains(padding), (1..<limit).contains(dilation),
            (0..<limit).contains(extent)
        else { return nil }
        let room = extent + 2 * padding - dilation * (kernel - 1) - 1
        guard room >= 0, room / stride + 1 < limit else { return nil }
        return room / stride + 1
    }

    /// The extents of the result; nil when there is none, or when the numbers of axes differ.
    func output(of image: Spatial, kernel: Spatial) -> Spatial? {
        let rank = image.rank
        guard kernel.rank == rank, stride.rank == rank, padding.rank == rank, dilation.rank == rank
        else { return nil }
        let output = Spatial(rank: rank) { axis in
            Self.windows(
                image[axis], kernel: kernel[axis], stride: stride[axis], padding: padding[axis],
                dilation: dilation[axis]) ?? 0
        }
        return (0..<rank).allSatisfy { output[$0] > 0 } ? output : nil
    }

    /// The geometry as the kernels take it, for columns over `positions` that gather from images of
    /// shape `[channels, gathered]`, which are `imageStride` elements apart.
    func kernelGeometry(
        gathered: Spatial, channels: Int, kernel: Spatial, positions: Spatial, imageStride: Int = 0
    ) -> braid_conv_geometry {
        var geometry = braid_conv_geometry()
        geometry.channels = Int64(channels)
        geometry.image_stride = Int64(imageStride)
        (geometry.depth, geometry.height, geometry.width) = gathered.padded(with: 1)
        (geometry.kernel_d, geometry.kernel_h, geometry.kernel_w) = kernel.padded(with: 1)
        (geometry.out_d, geometry.out_h, geometry.out_w) = positions.padded(with: 1)
        (geometry.stride_d, geometry.stride_h, geometry.stride_w) = stride.padded(with: 1)
        (geometry.pad_d, geometry.pad_h, geometry.pad_w) = padding.padded(with: 0)
        (geometry.dilation_d, geometry.dilation_h, geometry.dilation_w) = dilation.padded(with: 1)
        return geometry
    }
}

extension ConvolutionGeometry: CustomStringConvertible {
    /// As `stride (1, 1), padding (0, 0), dilation (1, 1), groups 1`.
    public var description: String {
        "stride \(stride), padding \(padding), dilation \(dilation), groups \(groups)"
    }
}
