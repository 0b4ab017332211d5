import BraidCore
public import BraidOperators
import BraidRuntime

/// How the window of a pooling layer moves.
public struct PoolingOptions: Hashable, Sendable {
    /// Extents of the window.
    public let kernel: Spatial
    /// Steps between windows.
    public let stride: Spatial
    /// On every side, less than the window.
    public let padding: Spatial
    /// Whether a last window counts that runs over the end.
    public let roundsUp: Bool

    init(
        _ check: ArgumentCheck, rank: Int, _ kernel: some SpatialValue,
        stride: (any SpatialValue)?, padding: some SpatialValue, roundsUp: Bool
    ) {
        self.kernel = check.spatial(kernel, rank: rank, "kernel", from: 1)
        self.stride =
            stride.map { check.spatial($0, rank: rank, "stride", from: 1) } ?? self.kernel
        self.padding = check.spatial(padding, rank: rank, "padding", from: 0)
        let (kernel, padding) = (self.kernel, self.padding)
        check.require(
            (0..<rank).allSatisfy { padding[$0] < kernel[$0] },
            "the padding \(padding) is not less than the kernel \(kernel)")
        self.roundsUp = roundsUp
    }
}

extension ArgumentCheck {
    /// A number for each spatial axis, `least` or more and below 2^30.
    func spatial(
        _ value: some SpatialValue, rank: Int, _ argument: String, from least: Int
    ) -> Spatial {
        let numbers = value.spatial(rank: rank)
        let isRight = numbers.values.allSatisfy { (least..<(1 << 30)).contains($0) }
        require(
            isRight,
            "the \(argument) \(numbers) is out of range; expected \(least)..<2^30 for each axis")
        return isRight ? numbers : least.spatial(rank: rank)
    }
}

extension NDArray {
    /// What `body` makes of images with so many spatial axes; reports others.
    func windowed(_ rank: Int, in layer: String, _ body: (NDArray) -> NDArray) -> NDArray {
        if self.rank == rank + 2 { return body(self) }
        return refused(
            .shapeMismatch, in: layer,
            "takes [batch, channels] and extents of \(rank) spatial axes, not shape \(shape)"
        )
    }
}
