public import BraidOperators
public import BraidRuntime

/// The maximum of each window of `[batch, channels, length]`.
public struct MaxPool1D: Block {
    /// Where the windows are.
    public let options: PoolingOptions

    /// A layer with such windows.
    /// - Parameters:
    ///   - stride: the window's extents when nil.
    ///   - roundsUp: whether a last window counts that runs over the end (ceil mode).
    public init(
        _ kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, roundsUp: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        options = PoolingOptions(
            ArgumentCheck("max_pool1d", fileID, line), rank: 1, kernel, stride: stride,
            padding: padding, roundsUp: roundsUp)
    }

    /// Takes the maximum of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(1, in: "max_pool1d") {
            $0.maxPooled(
                kernel: options.kernel, stride: options.stride, padding: options.padding,
                roundsUp: options.roundsUp)
        }
    }
}

/// The maximum of each window of `[batch, channels, height, width]`.
public struct MaxPool2D: Block {
    /// Where the windows are.
    public let options: PoolingOptions

    /// A layer with such windows.
    /// - Parameters:
    ///   - stride: the window's extents when nil.
    ///   - roundsUp: whether a last window counts that runs over the end (ceil mode).
    public init(
        _ kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, roundsUp: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        options = PoolingOptions(
            ArgumentCheck("max_pool2d", fileID, line), rank: 2, kernel, stride: stride,
            padding: padding, roundsUp: roundsUp)
    }

    /// Takes the maximum of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(2, in: "max_pool2d") {
            $0.maxPooled(
                kernel: options.kernel, stride: options.stride, padding: options.padding,
                roundsUp: options.roundsUp)
        }
    }
}

/// The maximum of each window of `[batch, channels, depth, height, width]`.
public struct MaxPool3D: Block {
    /// Where the windows are.
    public let options: PoolingOptions

    /// A layer with such windows.
    /// - Parameters:
    ///   - stride: the window's extents when nil.
    ///   - roundsUp: whether a last window counts that runs over the end (ceil mode).
    public init(
        _ kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, roundsUp: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        options = PoolingOptions(
            ArgumentCheck("max_pool3d", fileID, line), rank: 3, kernel, stride: stride,
            padding: padding, roundsUp: roundsUp)
    }

    /// Takes the maximum of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(3, in: "max_pool3d") {
            $0.maxPooled(
                kernel: options.kernel, stride: options.stride, padding: options.padding,
                roundsUp: options.roundsUp)
        }
    }
}
