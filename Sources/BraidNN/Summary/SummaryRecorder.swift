import BraidCore
import BraidPlatform
import BraidRuntime

/// Notes the calls of blocks for a summary.
final class SummaryRecorder: Sendable {
    /// Runs `body` and notes the calls of blocks inside it.
    func observing<R>(_ body: () throws -> R) rethrows -> R {
        try Scopes.changing({ $0.blockObserver = self }, body)
    }

    /// That of a scope.
    static func of(_ scope: Ambient) -> SummaryRecorder? {
        scope.values.blockObserver.map { unsafeDowncast($0, to: SummaryRecorder.self) }
    }

    private struct State {
        var rows: [BlockSummary.Row] = []
        /// The number of calls that have not returned.
        var depth = 0
        var counted: Set<ObjectIdentifier> = []
    }
    private let state = Locked(State())

    var rows: [BlockSummary.Row] { state.withLock(\.rows) }

    /// The number of elements of parameters whose shapes are known.
    static func count(_ parameters: some Sequence<Parameter>) -> Int {
        parameters.reduce(0) { $0 + ($1.shape?.elementCount ?? 0) }
    }

    func record<Called: Block>(_ block: Called, _ input: Called.Input) -> Called.Output {
        BlockPath.inside(block) { path in
            let row = begin(block, path)
            let output = block.forward(input)
            end(block, row, (output as? any ArrayStructure)?.arrays.map(\.type) ?? [])
            return output
        }
    }

    /// - Returns: the number of the call's row.
    private func begin(_ block: some Block, _ path: String) -> Int {
        state.withLock { state in
            state.rows.append(
                BlockSummary.Row(
                    depth: state.depth, name: path, type: BlockPlace.typeName(of: block)))
            state.depth += 1
            return state.rows.count - 1
        }
    }

    private func end(_ block: some Block, _ row: Int, _ outputs: [TensorType]) {
        let parameters = block.parameters.map(\.parameter)
        state.withLock { state in
            state.depth -= 1
            let fresh = parameters.filter {
                state.counted.insert(ObjectIdentifier($0)).inserted
            }
            state.rows[row].outputs = outputs
            state.rows[row].parameterCount = Self.count(fresh)
            // Blocks with others inside have had their parameters counted there.
            state.rows[row].isShared = row == state.rows.count - 1 && fresh.count < parameters.count
        }
    }
}
