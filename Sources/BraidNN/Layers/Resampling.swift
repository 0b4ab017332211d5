import BraidCore
public import BraidOperators
public import BraidRuntime

/// Channels spread along the length: `[batch, channels · factor, length]` becomes
/// `[batch, channels, length · factor]` (Shi et al., CVPR 2016).
public struct PixelShuffle1D: Block {
    /// How many channels become neighbours.
    public let factor: Spatial

    /// A layer that makes the length `factor` times as long.
    public init(_ factor: Int, fileID: StaticString = #fileID, line: UInt = #line) {
        self.factor = ArgumentCheck("pixel_shuffle1d", fileID, line)
            .spatial(factor, rank: 1, "factor", from: 1)
    }

    /// Spreads channels.
    public func forward(_ x: NDArray) -> NDArray { x.shuffled(by: factor, in: "pixel_shuffle1d") }
}

/// Channels spread over images: `[batch, channels · f1 · f2, height, width]` becomes
/// `[batch, channels, height · f1, width · f2]` (Shi et al., CVPR 2016).
public struct PixelShuffle2D: Block {
    /// How many channels become neighbours, along each axis.
    public let factor: Spatial

    /// A layer that makes images `factor` times as high and wide.
    public init(_ factor: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line) {
        self.factor = ArgumentCheck("pixel_shuffle2d", fileID, line)
            .spatial(factor, rank: 2, "factor", from: 1)
    }

    /// Spreads channels.
    public func forward(_ x: NDArray) -> NDArray { x.shuffled(by: factor, in: "pixel_shuffle2d") }
}

/// Channels spread over volumes: `[batch, channels · f1 · f2 · f3, depth, height, width]` becomes
/// `[batch, channels, depth · f1, height · f2, width · f3]`.
public struct PixelShuffle3D: Block {
    /// How many channels become neighbours, along each axis.
    public let factor: Spatial

    /// A layer that makes volumes `factor` times as deep, high and wide.
    public init(_ factor: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line) {
        self.factor = ArgumentCheck("pixel_shuffle3d", fileID, line)
            .spatial(factor, rank: 3, "factor", from: 1)
    }

    /// Spreads channels.
    public func forward(_ x: NDArray) -> NDArray { x.shuffled(by: factor, in: "pixel_shuffle3d") }
}

/// Each element repeated along the spatial axes of `[batch, channels, …]`: nearest-neighbour
/// upsampling.
public struct Upsample: Block {
    /// How often.
    public let factor: Int

    /// A layer that makes every spatial axis `factor` times as long.
    /// - Precondition: `factor` is positive.
    public init(_ factor: Int, fileID: StaticString = #fileID, line: UInt = #line) {
        self.factor = ArgumentCheck("upsample", fileID, line).extent(factor, "factor")
    }

    /// Repeats elements.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.rank > 2 else {
            return x.refused(
                .shapeMismatch, in: "upsample",
                "takes [batch, channels, extents...], not shape \(x.shape)")
        }
        return (2..<x.rank).reduce(x) { $0.repeated(factor, axis: $1) }
    }
}

extension NDArray {
    fileprivate func shuffled(by factor: Spatial, in layer: String) -> NDArray {
        windowed(factor.rank, in: layer) { x in
            let (axes, product) = (factor.rank, factor.values.reduce(1, saturatingProduct))
            guard x.shape[1] % product == 0 else {
                return x.refused(
                    .shapeMismatch, in: layer,
                    "the product of \(factor.values) does not divide the channels of shape \(x.shape)"
                )
            }
            let (batch, channels) = (x.shape[0], x.shape[1] / product)
            let extents = Array(x.shape.extents.dropFirst(2))
            let apart = x.reshaped(to: [batch, channels] + factor.values + extents)
            // Each axis before its factor.
            let pairs = (0..<axes).flatMap { [2 + axes + $0, 2 + $0] }
            return apart.transposed(axes: [0, 1] + pairs)
                .reshaped(to: [batch, channels] + zip(extents, factor.values).map { $0 * $1 })
        }
    }
}
