import BraidOperators
public import BraidRuntime

/// `[batch, …]` as `[batch, features]`.
public struct Flatten: Block {
    /// A flattening layer.
    public init() {}

    /// Joins all dimensions but the first.
    public func forward(_ x: NDArray) -> NDArray { x.flattened(from: 1) }
}
