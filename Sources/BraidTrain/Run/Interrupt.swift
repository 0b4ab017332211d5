import Foundation
import Synchronization

/// Ctrl-C: the first one ends the run at the next batch, with nothing half-written; a second one
/// ends the process at once.
struct Interrupt: Error, CustomStringConvertible {
    /// What shells use for a process that SIGINT ended.
    static let exitStatus: Int32 = 130
    private static let isRequested = Atomic<Bool>(false)

    var description: String { "interrupted; no file was written" }

    static func install() {
        signal(SIGINT) { _ in
            Interrupt.isRequested.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }

    /// - Throws: `Interrupt` after Ctrl-C.
    static func check() throws(Interrupt) {
        if isRequested.load(ordering: .relaxed) { throw Interrupt() }
    }
}
