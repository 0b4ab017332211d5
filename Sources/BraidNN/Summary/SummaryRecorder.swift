import BraidCore
import BraidRuntime
import Synchronization

/// Notes the calls of blocks for a summary.
final class SummaryRecorder: Sendable {
    @TaskLocal static var current: SummaryRecorder?

    /// A call that has not returned yet.
    private struct Call {
        let row: Int
        let path: String
        /// The blocks inside of the called one, with the names of their places in the network, that
        /// have not been called yet.
        var members: [Member]
    }
    private struct Member {
        let path: String
        /// Equal words mean that two values are the same block, as far as can be told.
        let words: [String]
    }
    private struct State {
        var rows: [BlockSummary.Row] = []
        var calls: [Call] = []
        var counted: Set<ObjectIdentifier> = []
    }
    private let state = Mutex(State())

    var rows: [BlockSummary.Row] { state.withLock(\.rows) }

    /// The number of elements of parameters whose shapes are known.
    static func count(_ parameters: some Sequence<Parameter>) -> Int {
        parameters.reduce(0) { $0 + ($1.shape?.elementCount ?? 0) }
    }

    func record<Called: Block>(_ block: Called, _ input: Called.Input) -> Called.Output {
        begin(block)
        let output = block.forward(input)
        end(block, (output as? any ArrayStructure)?.arrays.map(\.type) ?? [])
        return output
    }

    private func begin(_ block: some Block) {
        let words = BlockStructure(of: block).words
        state.withLock { state in
            let path = Self.find(words, in: &state.calls)
            state.calls.append(
                Call(
                    row: state.rows.count, path: path,
                    members: Self.members(of: block, path: path)))
            state.rows.append(
                BlockSummary.Row(
                    depth: state.calls.count - 1, name: path, type: Self.type(of: block)))
        }
    }

    private func end(_ block: some Block, _ outputs: [TensorType]) {
        let parameters = block.parameters.map(\.parameter)
        state.withLock { state in
            let row = state.calls.removeLast().row
            let fresh = parameters.filter {
                state.counted.insert(ObjectIdentifier($0)).inserted
            }
            state.rows[row].outputs = outputs
            state.rows[row].parameterCount = Self.count(fresh)
            // Blocks with others inside have had their parameters counted there.
            state.rows[row].isShared = row == state.rows.count - 1 && fresh.count < parameters.count
        }
    }

    /// Where the called block stands: among the members of the innermost call around it, or of one
    /// further out. A block that is called again keeps its place.
    private static func find(_ words: [String], in calls: inout [Call]) -> String {
        for index in calls.indices.reversed() {
            if let member = calls[index].members.firstIndex(where: { $0.words == words }) {
                let found = calls[index].members.remove(at: member)
                // At the end it is found again, after others that are equal.
                calls[index].members.append(found)
                return found.path
            }
        }
        return ""
    }

    private static func type(of block: any Block) -> String {
        (block as? any TransparentBlock).map { type(of: $0.wrappedBlock) }
            ?? "\(Swift.type(of: block))"
    }

    /// All blocks inside of one, each before those inside of it.
    private static func members(of block: any Block, path: String) -> [Member] {
        ParameterList.children(of: block).flatMap { name, child -> [Member] in
            let path = ParameterList.joined(path, name)
            return [Member(path: path, words: BlockStructure(of: child).words)]
                + members(of: child, path: path)
        }
    }
}
