public import BraidCore
import BraidOperators
public import BraidRuntime

/// `x` above 0 and `slope x` below, with slopes that are learnt (He et al., ICCV 2015).
///
/// Takes `[batch, channels, …]`; `slope` is `[channels]`, or `[1]` for all channels of any shape.
public struct PReLU: Block {
    /// `[channels]` or `[1]`.
    @Parameter public var slope: NDArray

    /// A layer with a slope for each of so many channels, or one for all.
    public init(
        channels: Int = 1, initializer: Initializer = .constant(0.25), dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let channels = ArgumentCheck("prelu", fileID, line).extent(channels, "channels")
        _slope = Parameter([channels], dtype: dtype, initializer: initializer)
    }

    /// Applies the function to every element.
    public func forward(_ x: NDArray) -> NDArray {
        let channels = slope.shape[0]
        guard channels == 1 || (x.rank > 1 && x.shape[1] == channels) else {
            return x.refused(
                .shapeMismatch, in: "prelu",
                "takes [batch, \(channels), …], not shape \(x.shape)"
            )
        }
        let slopes = slope.reshaped(
            to: x.rank == 0 ? [] : [channels] + Array(repeating: 1, count: max(x.rank - 2, 0)))
        // What is not chosen is 0, and not x: an infinite x would make the slopes' gradient NaN.
        return select(x .> 0, x, minimum(x, 0) * slopes)
    }
}
