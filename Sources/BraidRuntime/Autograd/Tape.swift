import BraidCore
import BraidPlatform
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
    /// The number in the names of values that this tape saw first.
    private let number = TapeContents.nextNumber()
    private let state: Locked<State>

    private struct State: Sendable {
        var contents: TapeContents
        /// Parameters read in a trace, with their symbols; nil once a `backward()` consumed the record.
        var tracedLeaves: [(parameter: Parameter, symbol: Symbol)]? = []
        var tracedNames: Set<Symbol.Name> = []
    }

    init(parent: Tape?, recordsParameters: Bool) {
        self.parent = parent
        self.recordsParameters = recordsParameters
        state = Locked(State(contents: TapeContents(number: number)))
    }

    static func innermost(in ambient: Ambient) -> Tape? {
        ambient.tape.map { unsafeDowncast($0, to: Tape.self) }
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

    /// Whether the tape knows the value of `body` as one that depends on a leaf.
    func isActive(_ body: ArrayBody) -> Bool {
        // What this tape recorded or made a leaf, and what no tape has seen, needs no lock.
        let name = body.valueID.load(ordering: .relaxed)
        if name == 0 { return false }
        if body.tape === self || TapeContents.isLeaf(name, of: number) { return true }
        return state.withLock { $0.contents.isActive(body) }
    }

    /// Makes the value of `body` a leaf; `parameter` receives its gradient at `backward()`.
    func watch(_ body: ArrayBody, for parameter: Parameter? = nil) {
        state.withLock { $0.contents.watch(body, for: parameter) }
    }

    /// Makes a parameter's value in a trace a leaf.
    func watchTraced(_ symbol: Symbol, for parameter: Parameter) {
        state.withLock { state in
            // The leaves keep the symbols, so that no name comes twice.
            if state.tracedLeaves != nil, state.tracedNames.insert(symbol.name).inserted {
                state.tracedLeaves!.append((parameter, symbol))
            }
        }
    }

    /// The leaves of a record in a trace; nil when it was consumed before.
    func takeTracedLeaves(retaining: Bool) -> [(parameter: Parameter, symbol: Symbol)]? {
        state.withLock { state in
            defer { if !retaining { state.tracedLeaves = nil } }
            return state.tracedLeaves
        }
    }

    /// Writes down one operator: `addOperands` adds inputs, then outputs, and says what it is.
    @inline(__always)
    func record(_ addOperands: (inout TapeContents) -> Node.Kind) {
        state.withLock { state in
            if state.contents.isTaken { return }
            let kind = addOperands(&state.contents)
            state.contents.endEntry(kind)
        }
    }

    /// Writes down one operator.
    func record(
        _ kind: Node.Kind, needs: GradientNeeds, _ inputs: [ArrayBody], _ outputs: [ArrayBody]
    ) {
        record { contents in
            for input in inputs { contents.addInput(input, needs: needs) }
            for output in outputs { contents.addOutput(output, needs: needs) }
            return kind
        }
    }

    /// What was recorded; the tape is empty afterwards unless `retaining`. Nil when it was taken
    /// before.
    func take(retaining: Bool) -> TapeContents? {
        state.withLock { state in
            guard !state.contents.isTaken else { return nil }
            if retaining { return state.contents }
            let taken = state.contents
            state.contents = .taken
            return taken
        }
    }
}

/// The tapes of the open scopes that record a call: those on which an input is active.
struct ActiveTapes {
    /// The innermost of them.
    private(set) var innermost: Tape?
    // Nested recording is rare; an empty array costs nothing.
    private var others: [Tape] = []

    init<O: Operator>(in ambient: Ambient, for op: O, _ isActive: (Tape) -> Bool) {
        if !O.traits.contains(.notDifferentiable) {
            self.init(in: ambient, isActive)
        } else {
            self.init()
        }
    }

    init(in ambient: Ambient, _ isActive: (Tape) -> Bool) {
        var next = ambient.tape.map { unsafeDowncast($0, to: Tape.self) }
        while let tape = next {
            if isActive(tape) {
                if innermost == nil { innermost = tape } else { others.append(tape) }
            }
            next = tape.parent
        }
    }

    private init() {}

    func forEach(_ body: (Tape) -> Void) {
        if let innermost { body(innermost) }
        others.forEach(body)
    }
}
