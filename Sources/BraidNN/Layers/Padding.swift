public import BraidOperators
public import BraidRuntime

/// Elements put around the length of `[batch, channels, length]`.
public struct Pad1D: Block {
    /// How many, on both sides.
    public let padding: Spatial
    /// What they are.
    public let mode: PaddingMode

    /// A layer that puts `padding` elements on both sides.
    public init(
        _ padding: some SpatialValue, mode: PaddingMode = .constant(0),
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.padding = ArgumentCheck("pad1d", fileID, line)
            .spatial(padding, rank: 1, "padding", from: 0)
        self.mode = mode
    }

    /// Puts elements around the input.
    public func forward(_ x: NDArray) -> NDArray { x.padded(by: padding, mode, in: "pad1d") }
}

/// Elements put around the images of `[batch, channels, height, width]`; by `.reflect` it is what
/// Gluon calls ReflectionPad2D.
public struct Pad2D: Block {
    /// How many, on both sides of each axis.
    public let padding: Spatial
    /// What they are.
    public let mode: PaddingMode

    /// A layer that puts `padding` elements on all sides.
    public init(
        _ padding: some SpatialValue, mode: PaddingMode = .constant(0),
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.padding = ArgumentCheck("pad2d", fileID, line)
            .spatial(padding, rank: 2, "padding", from: 0)
        self.mode = mode
    }

    /// Puts elements around the input.
    public func forward(_ x: NDArray) -> NDArray { x.padded(by: padding, mode, in: "pad2d") }
}

/// Elements put around the volumes of `[batch, channels, depth, height, width]`.
public struct Pad3D: Block {
    /// How many, on both sides of each axis.
    public let padding: Spatial
    /// What they are.
    public let mode: PaddingMode

    /// A layer that puts `padding` elements on all sides.
    public init(
        _ padding: some SpatialValue, mode: PaddingMode = .constant(0),
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.padding = ArgumentCheck("pad3d", fileID, line)
            .spatial(padding, rank: 3, "padding", from: 0)
        self.mode = mode
    }

    /// Puts elements around the input.
    public func forward(_ x: NDArray) -> NDArray { x.padded(by: padding, mode, in: "pad3d") }
}

extension NDArray {
    fileprivate func padded(by padding: Spatial, _ mode: PaddingMode, in layer: String) -> NDArray {
        windowed(padding.rank, in: layer) {
            $0.padded(by: [(0, 0), (0, 0)] + padding.values.map { ($0, $0) }, mode: mode)
        }
    }
}
