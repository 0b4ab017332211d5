import BraidCore
import BraidEngine
import BraidOperators

/// Changes of arrays that happen only if what they depend on has not failed: what a step of training would
/// move keeps its old contents, and stays readable, when the step's gradients carry an error.
///
/// Where everything is computed already nothing is left to chance, and nothing costs. Otherwise the
/// changes become jobs that a guard lets through: in-place ones leave alone what they were to change, and an
/// array that took another one's place gets the old one's elements back.
///
/// In a trace the changes are made as they are: a compiled call changes all its parameters or none.
package enum GuardedChanges {
    /// The guard of the innermost scope, which fails with what the changes in it depend on.
    @inline(__always)
    static var current: Variable? {
        Scopes.current?.values.guardian.map { unsafeDowncast($0, to: Variable.self) }
    }

    /// Runs `body`, which changes arrays in place, and the given parameters in any way.
    /// - Parameter sources: none of the changes happens when one of them has failed.
    package static func run(
        dependingOn sources: [NDArray], keeping parameters: @autoclosure () -> [Parameter],
        _ body: () -> Void
    ) {
        if Scopes.current?.trace != nil { return body() }
        let sources = sources.map { $0.withElements().storage }
        switch state(of: sources) {
        case .failed: return
        case .ready: return body()
        case .pending: break
        }
        let gate = Variable()
        Runtime.engine.push(
            "guard", reads: sources + (current.map { [$0] } ?? []),
            overwrites: [gate], context: .kernel
        ) {}
        let parameters = parameters()
        let old = parameters.map(stored)
        Scopes.changing({ $0.guardian = gate }, body)
        for (parameter, old) in zip(parameters, old) { keep(old, in: parameter, gate) }
    }

    /// Runs `body`, which gives a parameter a new array that depends on what `source` holds.
    static func replace(
        _ parameter: Parameter, dependingOn source: @autoclosure () -> Storage, _ body: () -> Void
    ) {
        if Scopes.current?.trace != nil { return body() }
        let gate = current
        switch state(of: [source()]) {
        case .failed: return
        case .ready where gate == nil: return body()
        case .ready, .pending: break
        }
        let old = stored(parameter)
        body()
        keep(old, in: parameter, gate)
    }

    private enum State { case ready, failed, pending }

    private static func state(of sources: [Storage]) -> State {
        var state = State.ready
        for storage in sources {
            if !storage.isIdle {
                state = .pending
            } else if storage.hasFailed {
                return .failed
            }
        }
        return state
    }

    /// No handle, so that what changes in place goes on doing so.
    private static func stored(_ parameter: Parameter) -> StoredView {
        Scopes.with(.unrecorded) { StoredView(parameter.wrappedValue.body) }
    }

    /// Sees to it that the array that has taken the place of `old` in a parameter gets its elements if it,
    /// or the guard, fails.
    private static func keep(_ old: StoredView, in parameter: Parameter, _ gate: Variable?) {
        let isSame = Scopes.with(.unrecorded) {
            parameter.wrappedValue.storage === old.storage
        }
        if isSame { return }
        Scopes.with(.unrecorded) {
            parameter.update { value in
                // Others may hold the array, and are to see its failure.
                value.makeUnique()
                let new = StoredView(value.body)
                var accesses: [(variable: Variable, access: Access)] = [
                    (old.storage, .follow), (new.storage, .overwriteOrKeep),
                ]
                if let gate { accesses.append((gate, .follow)) }
                Runtime.engine.push("keep", accesses: accesses) {
                    guard new.storage.hasFailed || gate?.hasFailed == true else { return }
                    if old.storage.hasFailed { throw NothingToKeep() }
                    stridedCopy(from: old.view, to: new.view)
                }
            }
        }
    }

    /// The old array had failed as well.
    private struct NothingToKeep: Error {}
}
