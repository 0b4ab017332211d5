import BraidCore
import BraidOperators
public import BraidRuntime

/// Sets elements to zero with probability `rate` while training and scales the others by
/// `1 / (1 - rate)`; does nothing in prediction (Srivastava et al., JMLR 2014, inverted form). As in PyTorch
/// elements are multiplied by 0, so that one that is infinite or NaN stays visible, as NaN, when it is dropped.
public struct Dropout: Block {
    /// The probability that an element is dropped.
    public let rate: Double

    /// A layer that drops with probability `rate`.
    /// - Precondition: `rate` is in `0..<1`.
    public init(_ rate: Double, fileID: StaticString = #fileID, line: UInt = #line) {
        self.rate = ArgumentCheck("dropout", fileID, line).rate(rate)
    }

    /// Drops elements in training.
    public func forward(_ x: NDArray) -> NDArray {
        if Mode.current == .predict || rate == 0 { return x }
        let kept = NDArray.bernoulli(x.shape, probability: 1 - rate, dtype: x.dtype)
        return x * (kept * (1 / (1 - rate)))
    }
}
