import BraidOperators
public import BraidRuntime

/// The maximum of each channel: `[batch, channels, length]` becomes `[batch, channels, 1]`.
public struct GlobalMaxPool1D: Block {
    /// A global pooling layer.
    public init() {}

    /// Takes the maximum of each channel.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(1, in: "global_max_pool1d") { $0.globalMaxPooled() }
    }
}

/// The maximum of each channel: `[batch, channels, height, width]` becomes `[batch, channels, 1, 1]`.
public struct GlobalMaxPool2D: Block {
    /// A global pooling layer.
    public init() {}

    /// Takes the maximum of each channel.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(2, in: "global_max_pool2d") { $0.globalMaxPooled() }
    }
}

/// The maximum of each channel: `[batch, channels, depth, height, width]` becomes `[batch, channels, 1, 1, 1]`.
public struct GlobalMaxPool3D: Block {
    /// A global pooling layer.
    public init() {}

    /// Takes the maximum of each channel.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(3, in: "global_max_pool3d") { $0.globalMaxPooled() }
    }
}

/// The mean of each channel: `[batch, channels, length]` becomes `[batch, channels, 1]`.
public struct GlobalAveragePool1D: Block {
    /// A global pooling layer.
    public init() {}

    /// Takes the mean of each channel.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(1, in: "global_average_pool1d") { $0.globalAveragePooled() }
    }
}

/// The mean of each channel: `[batch, channels, height, width]` becomes `[batch, channels, 1, 1]`.
public struct GlobalAveragePool2D: Block {
    /// A global pooling layer.
    public init() {}

    /// Takes the mean of each channel.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(2, in: "global_average_pool2d") { $0.globalAveragePooled() }
    }
}

/// The mean of each channel: `[batch, channels, depth, height, width]` becomes `[batch, channels, 1, 1, 1]`.
public struct GlobalAveragePool3D: Block {
    /// A global pooling layer.
    public init() {}

    /// Takes the mean of each channel.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(3, in: "global_average_pool3d") { $0.globalAveragePooled() }
    }
}
