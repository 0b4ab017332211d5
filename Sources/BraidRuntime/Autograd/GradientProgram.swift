import BraidCore
import BraidGraph
import BraidOperators

/// The compiled gradient graph of records of one structure.
final class GradientProgram: Sendable {
    private let compiled: CompiledGraph
    /// The slots of the saved values that the graph takes; the seed, if there is one, follows.
    private let slots: [Int]
    /// For each target the output that is its cotangent; nil where nothing flows.
    private let positions: [Int?]

    /// Compiles the reverse pass over a record. Exact passes only: the bits are those of the same
    /// operators run one by one.
    init(_ contents: TapeContents, _ request: RecordStructure.Request) throws {
        let pass = contents.reversePass(request)
        let saved = contents.values.indices.compactMap { slot -> (slot: Int, symbol: Symbol)? in
            guard contents.values[slot].saved != nil else { return nil }
            return pass.symbols[slot].map { (slot, $0) }
        }
        let boundNodes = Set(saved.map { ObjectIdentifier($0.symbol.node) })
        let found = pass.cotangents.compactMap(\.self)
        let order = TopologicalOrder(of: found) { boundNodes.contains(ObjectIdentifier($0)) }
        let read = saved.filter { order.position(of: $0.symbol.node) != nil }

        slots = read.map(\.slot)
        var arguments = read.map(\.symbol)
        var layouts = slots.map { slot in
            let body = contents.values[slot].saved!
            return Layout(shape: body.type.shape, strides: body.view.strides, offset: 0)
        }
        if request.hasSeed {
            arguments.append(pass.seed)
            layouts.append(Layout(dense: pass.seed.shape))
        }
        compiled = try CompiledGraph(
            checking: Graph(
                computing: found, from: arguments, names: arguments.indices.map { "value \($0)" }),
            options: OptimizationOptions(exact: true), inputLayouts: layouts, keepsArenas: false)
        var count = 0
        positions = pass.cotangents.map { cotangent in
            guard cotangent != nil else { return nil }
            defer { count += 1 }
            return count
        }
    }

    /// The cotangents of the targets for a record of the same structure.
    func callAsFunction(_ contents: TapeContents, seed: NDArray?) -> [NDArray?] {
        var arguments = slots.map { NDArray(contents.values[$0].saved!) }
        if let seed { arguments.append(seed.dense()) }
        let arrays = Scopes.with(.unrecorded) { compiled.run(arguments) }
        return positions.map { $0.map { arrays[$0] } }
    }
}
