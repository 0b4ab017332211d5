import BraidCore
import Synchronization

/// What a recording scope writes down: the operators applied to values that depend on a leaf, and
/// the forward values that their gradient rules read.
///
/// The tape holds storages, never bodies of results (those hold the tape). Values are named by the
/// `valueID` of their bodies, so that nested tapes recognise each other's values.
package final class Tape: Sendable {
    /// The tape of the enclosing scope, which records the same operators.
    let parent: Tape?
    /// Whether reading a `Parameter` makes it a leaf (`Autograd.record`) or not (`gradient(at:)`).
    let recordsParameters: Bool
    private let contents = Mutex(TapeContents())

    init(parent: Tape?, recordsParameters: Bool) {
        self.parent = parent
        self.recordsParameters = recordsParameters
    }

    /// The tapes of the open scopes, innermost first, on which an input is active.
    static func active<O: Operator>(
        in ambient: Ambient, for inputs: [NDArray], _ op: O
    ) -> [Tape] {
        guard ambient.tape != nil, !O.traits.contains(.notDifferentiable) else { return [] }
        return active(in: ambient, for: inputs)
    }

    static func active(in ambient: Ambient, for inputs: [NDArray]) -> [Tape] {
        all(in: ambient).filter { tape in
            tape.contents.withLock { contents in
                inputs.contains { contents.isActive($0.body) }
            }
        }
    }

    /// The tapes of the open scopes, innermost first.
    static func all(in ambient: Ambient) -> [Tape] {
        var tapes: [Tape] = []
        var next = ambient.tape.map { unsafeDowncast($0, to: Tape.self) }
        while let tape = next {
            tapes.append(tape)
            next = tape.parent
        }
        return tapes
    }

    /// Makes the value of `body` a leaf; `parameter` receives its gradient at `backward()`.
    func watch(_ body: ArrayBody, for parameter: Parameter? = nil) {
        contents.withLock { $0.watch(body, for: parameter) }
    }

    /// Writes down one operator.
    func record(
        _ kind: Node.Kind, needs: GradientNeeds, _ inputs: [ArrayBody], _ outputs: [ArrayBody]
    ) {
        contents.withLock { $0.record(kind, needs: needs, inputs, outputs) }
    }

    /// What was recorded; the tape is empty afterwards unless `retaining`. Nil when it was taken
    /// before.
    func take(retaining: Bool) -> TapeContents? {
        contents.withLock { contents in
            guard !contents.isTaken else { return nil }
            if retaining { return contents }
            let taken = contents
            contents = TapeContents()
            contents.isTaken = true
            return taken
        }
    }
}
