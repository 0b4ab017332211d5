import Braid
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM, or a terminal that is closed (SIGHUP), with nothing half-written: while a file is being put in its place nothing ends
/// the process. Otherwise a command that checks ends at its next check, and at once when asked a second
/// time; other commands end at once.
package struct Interrupt: Error, CustomStringConvertible {
    /// What shells use for a process that SIGINT ended.
    package static let exitStatus: Int32 = 130
    private static let isRequested = Atomic<Bool>(false)
    private static let isWithheld = Atomic<Bool>(false)
    private static let endsAtOnce = Atomic<Bool>(false)
    private static let message: StaticString = "interrupted; no file was written"

    package var description: String { "\(Self.message)" }

    /// - Parameter atOnce: whether the first signal ends the process; otherwise `check` has to be called
    ///   now and then.
    package static func install(endingAtOnce atOnce: Bool) {
        // Before any signal, so that the handler finds them made: a handler may only touch atomics.
        _ = (isRequested.load(ordering: .relaxed), isWithheld.load(ordering: .relaxed))
        endsAtOnce.store(atOnce, ordering: .relaxed)
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            sigaddset(&signals, number)
            let former = signal(number) { _ in Interrupt.handle() }
            // What `nohup` starts stays when the terminal goes.
            if number == SIGHUP, isIgnoring(former) { signal(number, SIG_IGN) }
        }
        // A reader that is gone is an error of the write: what is being written can be put away.
        signal(SIGPIPE, SIG_IGN)
        // A parent that blocks signals in its threads hands that down to what it starts.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Functions cannot be compared, but for their addresses.
    private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
        let ignoring: (@convention(c) (Int32) -> Void)? = SIG_IGN
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(ignoring, to: Int.self)
    }

    /// Either this sees that the end is withheld, or `withheld` sees the request: both orders are total.
    private static func handle() {
        let isSecond = isRequested.exchange(true, ordering: .sequentiallyConsistent)
        if isWithheld.load(ordering: .sequentiallyConsistent) { return }
        if endsAtOnce.load(ordering: .relaxed) {
            _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
            _ = write(STDERR_FILENO, "\n", 1)
            _exit(exitStatus)
        }
        if isSecond { _exit(exitStatus) }
    }

    /// - Throws: `Interrupt` after Ctrl-C.
    package static func check() throws(Interrupt) {
        if isRequested.load(ordering: .sequentiallyConsistent) { throw Interrupt() }
    }

    /// Runs `body`, which writes files, to its end even if Ctrl-C comes twice. Streams among them may
    /// wait for a reader for ever; there it ends as elsewhere.
    /// - Throws: `Interrupt` after an earlier Ctrl-C, or what `body` throws.
    package static func withheld<R>(
        writing paths: [String], _ body: () throws -> R
    ) throws -> R {
        if paths.contains(where: FilePlace.isStream) {
            try check()
            return try body()
        }
        isWithheld.store(true, ordering: .sequentiallyConsistent)
        defer { isWithheld.store(false, ordering: .sequentiallyConsistent) }
        try check()
        return try body()
    }
}
