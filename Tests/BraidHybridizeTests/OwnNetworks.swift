import Braid
import BraidHybridize
import Synchronization

/// Networks as a package of a user's own has them.
enum OwnNetworks: NetworkTable {
    static let networks =
        NamedNetwork.builtIn + [
            NamedNetwork(
                "mixture", "Two inputs, randomness, state",
                inputs: [TensorType(.f32, [4, 6]), TensorType(.i64, [4])]
            ) { _ in Mixture() },
            NamedNetwork("impure", "Counts its calls", inputs: [TensorType(.f32, [3])]) { _ in
                Impure()
            },
            NamedNetwork("integers", "Without gradients", inputs: [TensorType(.i32, [3])]) { _ in
                Doubling()
            },
        ]

    static func build(_ name: String) throws -> (network: AnyBlock, types: [TensorType]) {
        let entry = networks.first { $0.name == name }!
        RandomSource.seed(0)
        return (try entry.build(), entry.inputs)
    }
}

/// Numbers and row numbers.
struct Rows: ArrayStructure {
    var numbers: NDArray
    var indices: NDArray
    var arrays: [NDArray] { [numbers, indices] }
    init(arrays: [NDArray]) { (numbers, indices) = (arrays[0], arrays[1]) }
}

/// A block with everything that verification has to hold still: random keys, a captured array, numbers
/// from Swift, and a mean that training calls move.
struct Mixture: Block {
    let dense = Dense(5, activation: .relu)
    @Parameter var table: NDArray
    @Parameter var mean: NDArray
    let offset = NDArray([0.5, -0.5, 0.25, 0, 1] as [Float])

    init() {
        _table = Parameter([2, 5])
        _mean = Parameter([5], initializer: .zeros)
        $mean.gradientMode = .none
    }

    func forward(_ rows: Rows) -> [NDArray] {
        let hidden = Dropout(0.5)(dense(rows.numbers)) * 1.5 + offset
        if Mode.current == .train {
            Autograd.pause { mean = mean * 0.875 + hidden.mean(over: 0) * 0.125 }
        }
        let chosen = table.gathered(at: rows.indices)
        return [hidden - mean + chosen, hidden.argmax(over: 1)]
    }
}

/// A block that no trace can be right about: the number of calls is baked in.
final class Impure: Block {
    private let calls = Atomic<Int>(0)
    func forward(_ x: NDArray) -> NDArray {
        x * Double(calls.add(1, ordering: .relaxed).newValue)
    }
}

struct Doubling: Block {
    func forward(_ x: NDArray) -> NDArray { x + x }
}
