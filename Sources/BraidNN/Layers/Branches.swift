import BraidOperators
public import BraidRuntime

/// Blocks side by side, all fed with the same input, and their outputs joined along an axis.
///
/// ```swift
/// Branches {
///     Conv2D(8, kernel: 1)
///     Conv2D(8, kernel: 3, padding: 1)
/// }   // [batch, 16, height, width]
/// ```
public struct Branches: Block, BlockRow {
    /// The blocks in order.
    public let blocks: [any Block<NDArray, NDArray>]
    /// Along which the outputs are joined.
    public let axis: Int

    /// Blocks side by side, written one below the other; `if` and `for` work.
    public init(
        axis: Int = 1, @SequentialBuilder _ blocks: () -> [any Block<NDArray, NDArray>]
    ) {
        self.blocks = blocks()
        self.axis = axis
    }

    /// Feeds `input` to all blocks, and joins the outputs.
    public func forward(_ input: NDArray) -> NDArray {
        concatenated(blocks.map { $0(input) }, axis: axis)
    }
}
