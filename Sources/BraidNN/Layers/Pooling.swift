import BraidOperators
public import BraidRuntime

/// The maximum of each window of `[batch, channels, height, width]`.
public struct MaxPool2D: Block {
    /// Extent of the square window.
    public let kernel: Int
    /// Steps between windows.
    public let stride: Int
    /// Padding that never wins, on every side.
    public let padding: Int

    /// A layer with a square window.
    /// - Parameter stride: the window's extent when nil.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0) {
        self.kernel = kernel
        self.stride = stride ?? kernel
        self.padding = padding
    }

    /// Takes the maxima.
    public func forward(_ x: NDArray) -> NDArray {
        x.maxPooled2D(
            kernel: (kernel, kernel), stride: (stride, stride), padding: (padding, padding))
    }
}

/// The mean of each window of `[batch, channels, height, width]`.
public struct AveragePool2D: Block {
    /// Extent of the square window.
    public let kernel: Int
    /// Steps between windows.
    public let stride: Int
    /// Zeros on every side.
    public let padding: Int
    /// Whether padding counts in the mean.
    public let countsPadding: Bool

    /// A layer with a square window.
    /// - Parameter stride: the window's extent when nil.
    public init(_ kernel: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true) {
        self.kernel = kernel
        self.stride = stride ?? kernel
        self.padding = padding
        self.countsPadding = countsPadding
    }

    /// Takes the means.
    public func forward(_ x: NDArray) -> NDArray {
        x.averagePooled2D(
            kernel: (kernel, kernel), stride: (stride, stride), padding: (padding, padding),
            countsPadding: countsPadding)
    }
}

/// `[batch, …]` as `[batch, features]`.
public struct Flatten: Block {
    /// A flattening layer.
    public init() {}

    /// Joins all dimensions but the first.
    public func forward(_ x: NDArray) -> NDArray { x.flattened(from: 1) }
}
