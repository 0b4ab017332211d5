import ArgumentParser
import Braid
import BraidCommandLine

/// What the inputs of a network are, and where its weights start.
struct NetworkArguments: ParsableArguments {
    @Option(
        name: .customLong("input"), parsing: .singleValue,
        help: ArgumentHelp(
            "The shape of an input, as 1x3x224x224, and its dtype if that is not f32, as 16x128:i32; "
                + "'scalar' for no extents. Once for each input. (default: the network's own)",
            valueName: "shape[:dtype]"),
        transform: { try TensorType(argument: $0) })
    var inputs: [TensorType] = []

    @Option(parsing: .unconditional, help: "Decides the initial weights.")
    var seed: UInt64 = 0

    /// The network, and the types of its inputs.
    /// - Throws: `ArrayError` when it takes no such inputs.
    func build(_ entry: NamedNetwork) throws -> (network: AnyBlock, types: [TensorType]) {
        let types = inputs.isEmpty ? entry.inputs : inputs
        RandomSource.seed(seed)
        return (try entry.build(for: types), types)
    }
}
