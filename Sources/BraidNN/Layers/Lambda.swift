public import BraidRuntime

/// Returns what it gets.
public struct Identity: Block {
    /// A layer that does nothing.
    public init() {}

    /// The input.
    public func forward(_ x: NDArray) -> NDArray { x }
}

/// A function as a layer.
///
/// ```swift
/// Sequential {
///     Dense(8)
///     Lambda { $0.logSoftmax() }
/// }
/// ```
/// What it captures is no part of the network: parameters in it are not found by name, and arrays stay
/// what they were when the network was traced.
public struct Lambda: Block {
    private let function: @Sendable (NDArray) -> NDArray
    /// Tells the function from others, which functions themselves do not.
    let identity = FunctionIdentity()

    /// A layer that calls `function`.
    public init(_ function: @escaping @Sendable (NDArray) -> NDArray) { self.function = function }

    /// Calls the function.
    public func forward(_ x: NDArray) -> NDArray { function(x) }
}

/// Each one is another.
final class FunctionIdentity: Sendable {}
