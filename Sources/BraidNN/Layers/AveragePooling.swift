public import BraidOperators
public import BraidRuntime

/// The mean of each window of `[batch, channels, length]`.
public struct AveragePool1D: Block {
    /// Where the windows are.
    public let options: PoolingOptions
    /// Whether padding counts in the mean.
    public let countsPadding: Bool

    /// A layer with such windows.
    /// - Parameters:
    ///   - stride: the window's extents when nil.
    ///   - roundsUp: whether a last window counts that runs over the end (ceil mode).
    public init(
        _ kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, countsPadding: Bool = true, roundsUp: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        options = PoolingOptions(
            ArgumentCheck("average_pool1d", fileID, line), rank: 1, kernel, stride: stride,
            padding: padding, roundsUp: roundsUp)
        self.countsPadding = countsPadding
    }

    /// Takes the mean of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(1, in: "average_pool1d") {
            $0.averagePooled(
                kernel: options.kernel, stride: options.stride, padding: options.padding,
                countsPadding: countsPadding,
                roundsUp: options.roundsUp)
        }
    }
}

/// The mean of each window of `[batch, channels, height, width]`.
public struct AveragePool2D: Block {
    /// Where the windows are.
    public let options: PoolingOptions
    /// Whether padding counts in the mean.
    public let countsPadding: Bool

    /// A layer with such windows.
    /// - Parameters:
    ///   - stride: the window's extents when nil.
    ///   - roundsUp: whether a last window counts that runs over the end (ceil mode).
    public init(
        _ kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, countsPadding: Bool = true, roundsUp: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        options = PoolingOptions(
            ArgumentCheck("average_pool2d", fileID, line), rank: 2, kernel, stride: stride,
            padding: padding, roundsUp: roundsUp)
        self.countsPadding = countsPadding
    }

    /// Takes the mean of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(2, in: "average_pool2d") {
            $0.averagePooled(
                kernel: options.kernel, stride: options.stride, padding: options.padding,
                countsPadding: countsPadding,
                roundsUp: options.roundsUp)
        }
    }
}

/// The mean of each window of `[batch, channels, depth, height, width]`.
public struct AveragePool3D: Block {
    /// Where the windows are.
    public let options: PoolingOptions
    /// Whether padding counts in the mean.
    public let countsPadding: Bool

    /// A layer with such windows.
    /// - Parameters:
    ///   - stride: the window's extents when nil.
    ///   - roundsUp: whether a last window counts that runs over the end (ceil mode).
    public init(
        _ kernel: some SpatialValue, stride: (any SpatialValue)? = nil,
        padding: some SpatialValue = 0, countsPadding: Bool = true, roundsUp: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        options = PoolingOptions(
            ArgumentCheck("average_pool3d", fileID, line), rank: 3, kernel, stride: stride,
            padding: padding, roundsUp: roundsUp)
        self.countsPadding = countsPadding
    }

    /// Takes the mean of each window.
    public func forward(_ x: NDArray) -> NDArray {
        x.windowed(3, in: "average_pool3d") {
            $0.averagePooled(
                kernel: options.kernel, stride: options.stride, padding: options.padding,
                countsPadding: countsPadding,
                roundsUp: options.roundsUp)
        }
    }
}
