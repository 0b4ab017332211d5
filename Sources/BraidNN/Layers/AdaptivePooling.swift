public import BraidOperators
public import BraidRuntime

/// The maximum of each of a fixed number of windows that cover `[batch, channels, length]` evenly.
public struct AdaptiveMaxPool1D: Block {
    /// The extents of the result.
    public let extents: Spatial

    /// A layer that returns images of these extents.
    public init(
        _ extents: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.extents = ArgumentCheck("adaptive_max_pool1d", fileID, line)
            .spatial(extents, rank: 1, "extents", from: 1)
    }

    /// Takes the maximum of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(1, in: "adaptive_max_pool1d") { $0.adaptiveMaxPooled(to: extents) }
    }
}

/// The maximum of each of a fixed number of windows that cover `[batch, channels, height, width]` evenly.
public struct AdaptiveMaxPool2D: Block {
    /// The extents of the result.
    public let extents: Spatial

    /// A layer that returns images of these extents.
    public init(
        _ extents: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.extents = ArgumentCheck("adaptive_max_pool2d", fileID, line)
            .spatial(extents, rank: 2, "extents", from: 1)
    }

    /// Takes the maximum of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(2, in: "adaptive_max_pool2d") { $0.adaptiveMaxPooled(to: extents) }
    }
}

/// The maximum of each of a fixed number of windows that cover `[batch, channels, depth, height, width]` evenly.
public struct AdaptiveMaxPool3D: Block {
    /// The extents of the result.
    public let extents: Spatial

    /// A layer that returns images of these extents.
    public init(
        _ extents: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.extents = ArgumentCheck("adaptive_max_pool3d", fileID, line)
            .spatial(extents, rank: 3, "extents", from: 1)
    }

    /// Takes the maximum of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(3, in: "adaptive_max_pool3d") { $0.adaptiveMaxPooled(to: extents) }
    }
}

/// The mean of each of a fixed number of windows that cover `[batch, channels, length]` evenly.
public struct AdaptiveAveragePool1D: Block {
    /// The extents of the result.
    public let extents: Spatial

    /// A layer that returns images of these extents.
    public init(
        _ extents: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.extents = ArgumentCheck("adaptive_average_pool1d", fileID, line)
            .spatial(extents, rank: 1, "extents", from: 1)
    }

    /// Takes the mean of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(1, in: "adaptive_average_pool1d") { $0.adaptiveAveragePooled(to: extents) }
    }
}

/// The mean of each of a fixed number of windows that cover `[batch, channels, height, width]` evenly.
public struct AdaptiveAveragePool2D: Block {
    /// The extents of the result.
    public let extents: Spatial

    /// A layer that returns images of these extents.
    public init(
        _ extents: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.extents = ArgumentCheck("adaptive_average_pool2d", fileID, line)
            .spatial(extents, rank: 2, "extents", from: 1)
    }

    /// Takes the mean of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(2, in: "adaptive_average_pool2d") { $0.adaptiveAveragePooled(to: extents) }
    }
}

/// The mean of each of a fixed number of windows that cover `[batch, channels, depth, height, width]` evenly.
public struct AdaptiveAveragePool3D: Block {
    /// The extents of the result.
    public let extents: Spatial

    /// A layer that returns images of these extents.
    public init(
        _ extents: some SpatialValue, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.extents = ArgumentCheck("adaptive_average_pool3d", fileID, line)
            .spatial(extents, rank: 3, "extents", from: 1)
    }

    /// Takes the mean of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(3, in: "adaptive_average_pool3d") { $0.adaptiveAveragePooled(to: extents) }
    }
}
