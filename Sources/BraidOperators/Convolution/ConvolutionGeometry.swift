import BraidCore
import CBraidKernels

/// How a kernel moves over an image.
public struct ConvolutionGeometry: Hashable, Codable, Sendable {
    /// Steps between windows.
    public let stride: Spatial2D
    /// Zeros around the image, above and below, left and right.
    public let padding: Spatial2D
    /// Steps between the elements of a window.
    public let dilation: Spatial2D

    package init(stride: Spatial2D, padding: Spatial2D, dilation: Spatial2D) {
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
    }

    /// The kernels compute positions in 32 bits.
    static let limit = 1 << 30

    /// The extents of the result; nil when the window, spread by the dilation, exceeds the padded
    /// image, or when a number is out of its range.
    func output(of image: Spatial2D, kernel: Spatial2D) -> Spatial2D? {
        func extent(_ image: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int)
            -> Int?
        {
            guard (1..<Self.limit).contains(kernel), (1..<Self.limit).contains(stride),
                (0..<Self.limit).contains(padding), (1..<Self.limit).contains(dilation),
                (0..<Self.limit).contains(image)
            else { return nil }
            let room = image + 2 * padding - dilation * (kernel - 1) - 1
            guard room >= 0, room / stride + 1 < Self.limit else { return nil }
            return room / stride + 1
        }
        guard
            let height = extent(
                image.height, kernel.height, stride.height, padding.height, dilation.height),
            let width = extent(
                image.width, kernel.width, stride.width, padding.width, dilation.width)
        else { return nil }
        return Spatial2D(height: height, width: width)
    }

    /// The geometry as the kernels take it, for columns over `positions` that gather from images of
    /// shape `[channels, gathered]`.
    func kernelGeometry(
        gathered: Spatial2D, channels: Int, kernel: Spatial2D, positions: Spatial2D
    ) -> braid_conv_geometry {
        braid_conv_geometry(
            channels: Int64(channels), height: Int64(gathered.height),
            width: Int64(gathered.width), kernel_h: Int64(kernel.height),
            kernel_w: Int64(kernel.width), out_h: Int64(positions.height),
            out_w: Int64(positions.width), stride_h: Int64(stride.height),
            stride_w: Int64(stride.width), pad_h: Int64(padding.height),
            pad_w: Int64(padding.width), dilation_h: Int64(dilation.height),
            dilation_w: Int64(dilation.width), image_stride: Int64(channels * gathered.count))
    }
}

extension ConvolutionGeometry: CustomStringConvertible {
    /// As `stride (1, 1), padding (0, 0), dilation (1, 1)`.
    public var description: String {
        "stride \(stride), padding \(padding), dilation \(dilation)"
    }
}
