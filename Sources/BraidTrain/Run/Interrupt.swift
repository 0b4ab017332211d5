import Foundation
import Synchronization

/// Ctrl-C, or SIGTERM: the first one ends the run at the next batch, with nothing half-written; a
/// second one ends the process at once, unless it is putting a file in its place at that moment.
struct Interrupt: Error, CustomStringConvertible {
    /// What shells use for a process that SIGINT ended.
    static let exitStatus: Int32 = 130
    private static let isRequested = Atomic<Bool>(false)
    private static let isWithheld = Atomic<Bool>(false)

    var description: String { "interrupted; no file was written" }

    static func install() {
        // Before any signal, so that the handler finds them made: a handler may only touch atomics.
        _ = (isRequested.load(ordering: .relaxed), isWithheld.load(ordering: .relaxed))
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { _ in
                let isSecond = Interrupt.isRequested.exchange(true, ordering: .relaxed)
                if isSecond, !Interrupt.isWithheld.load(ordering: .relaxed) {
                    _exit(Interrupt.exitStatus)
                }
            }
        }
        // A parent that blocks signals in its threads hands that down to what it starts.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// - Throws: `Interrupt` after Ctrl-C.
    static func check() throws(Interrupt) {
        if isRequested.load(ordering: .relaxed) { throw Interrupt() }
    }

    /// Runs `body`, which writes a file, to its end even if Ctrl-C comes twice.
    /// - Throws: `Interrupt` after an earlier Ctrl-C, or what `body` throws.
    static func withheld<R>(_ body: () throws -> R) throws -> R {
        isWithheld.store(true, ordering: .relaxed)
        defer { isWithheld.store(false, ordering: .relaxed) }
        try check()
        return try body()
    }
}
