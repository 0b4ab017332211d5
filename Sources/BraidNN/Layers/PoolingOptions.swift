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
        rank: Int, _ kernel: some SpatialValue, stride: (any SpatialValue)?,
        padding: some SpatialValue, roundsUp: Bool
    ) {
        self.kernel = kernel.spatial(rank: rank)
        self.stride = stride?.spatial(rank: rank) ?? self.kernel
        self.padding = padding.spatial(rank: rank)
        self.roundsUp = roundsUp
    }
}

extension NDArray {
    /// What `body` makes of images with so many spatial axes; reports others.
    func windowed(_ rank: Int, in layer: String, _ body: (NDArray) -> NDArray) -> NDArray {
        if self.rank == rank + 2 { return body(self) }
        ArrayError(
            .shapeMismatch, in: layer,
            "takes [batch, channels] and extents of \(rank) spatial axes, not shape \(shape)"
        ).report()
        return self
    }
}
