import Braid

/// The networks of this package, for both commands.
public enum Networks: NetworkTable {
    /// One of this package and one of Braid.
    public static let networks = [
        NamedNetwork(
            "residual", "Two residual blocks between dense layers",
            input: TensorType(.f32, [1, 2]), classes: 2
        ) { _, classes in
            Sequential {
                Dense(16, activation: .tanh)
                for _ in 0..<2 { Residual(width: 16) }
                Dense(classes)
            }
        },
        // One of Braid's own.
        .mlp,
    ]
}

/// A dense layer around which its input goes as well.
struct Residual: Block {
    let inner: Dense
    @Parameter var scale: NDArray

    init(width: Int) {
        inner = Dense(width, inputs: width, activation: .tanh)
        _scale = Parameter([width], initializer: .ones)
    }

    func forward(_ x: NDArray) -> NDArray { x + scale * inner(x) }
}
