import BraidCore

/// Which elements are normalised together, and what weights and biases belong to.
public enum NormalizedAxes: Codable, Hashable, Sendable {
    /// Those of each channel of `[batch, channels, extents…]`, over all samples; weights `[channels]`.
    case channels
    /// Those of each of `count` groups of channels of each sample of `[batch, channels, extents…]`;
    /// weights `[channels]`.
    case groups(count: Int)
    /// Those of the last `axes` axes; weights with their extents.
    case trailing(axes: Int)

    /// The shape of weights for operands of a shape.
    /// - Throws: `ArrayError` when there are no such axes or groups.
    func weightShape(of shape: Shape, in operation: String) throws(ArrayError) -> Shape {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(ArrayError) {
            if !condition { throw ArrayError(.shapeMismatch, in: operation, message()) }
        }
        switch self {
        case .channels, .groups:
            try require(
                shape.rank >= 2, "takes [batch, channels, extents…], not shape \(shape)")
            if case .groups(let count) = self {
                try require(
                    count > 0 && shape[1] % count == 0,
                    "\(shape[1]) channels of shape \(shape) do not make \(count) equal groups")
            }
            return [shape[1]]
        case .trailing(let axes):
            try require(
                (1...max(shape.rank, 1)).contains(axes) && shape.rank > 0,
                "the last \(axes) axes of shape \(shape) cannot be normalised")
            return Shape(shape.extents.suffix(axes))
        }
    }

    /// The extents of means and variances of operands of a shape that `weightShape` accepts.
    func statisticsExtents(of shape: Shape) -> [Int] {
        switch self {
        case .channels: [shape[1]]
        case .groups(let count): [shape[0], count]
        case .trailing(let axes): Array(shape.extents.dropLast(axes))
        }
    }

    /// The extents of the sums over samples or groups that weights' gradients are made of: for groups, a
    /// sum for each sample.
    func sumsExtents(of shape: Shape) -> [Int] {
        switch self {
        case .channels: [shape[1]]
        case .groups: [shape[0], shape[1]]
        case .trailing(let axes): Array(shape.extents.suffix(axes))
        }
    }
}
