import Braid
import BraidPlatform
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM or SIGHUP, with nothing half-written: while a file is being put in its place nothing
/// ends the process. Code inside `checked` ends at its next check, and at once when asked a second time.
/// Everything else ends at once, whatever it waits for.
package struct Interrupt: Error, CustomStringConvertible {
    /// The signal that asked; 0 as long as none has.
    private static let request = Atomic<Int32>(0)
    private static let isWithheld = Atomic<Bool>(false)
    private static let isChecked = Atomic<Bool>(false)
    private static let message: StaticString = "interrupted\n"

    /// What happened to files.
    package let description: String
    private let signal: Int32

    /// What shells use for a process that this signal ended: 130 for Ctrl-C, 143 for SIGTERM, 129 for
    /// SIGHUP.
    package var exitStatus: Int32 { Self.exitStatus(signal) }

    private static func exitStatus(_ signal: Int32) -> Int32 { 128 + signal }

    private init(_ signal: Int32, _ description: String = "interrupted; no file was written") {
        self.signal = signal
        self.description = description
    }

    /// The same interrupt, which has something else to say.
    package func saying(_ description: String) -> Interrupt { Interrupt(signal, description) }

    /// From now on signals end the process as this type says.
    package static func install() {
        // Before any signal, so that the handler finds them made: a handler may only touch atomics.
        _ = (
            request.load(ordering: .relaxed), isWithheld.load(ordering: .relaxed),
            isChecked.load(ordering: .relaxed)
        )
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            sigaddset(&signals, number)
            let before = Foundation.signal(number) { Interrupt.handle($0) }
            // `nohup` has it ignored, so that the process outlives its terminal.
            if number == SIGHUP, isIgnoring(before) { _ = Foundation.signal(number, SIG_IGN) }
        }
        // A reader that is gone is an error of the write: what is being written can be put away.
        _ = Foundation.signal(SIGPIPE, SIG_IGN)
        // A parent that blocks signals in its threads hands that down to what it starts.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private typealias Handler = @convention(c) (Int32) -> Void

    /// Handlers are functions of C, which cannot be compared but by where they lie.
    private static func isIgnoring(_ handler: Handler?) -> Bool {
        unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN as Handler?, to: Int.self)
    }

    /// Either this sees that the end is withheld, or `withheld` sees the request: both orders are total.
    private static func handle(_ signal: Int32) {
        let isSecond = request.exchange(signal, ordering: .sequentiallyConsistent) != 0
        if isWithheld.load(ordering: .sequentiallyConsistent) { return }
        if isChecked.load(ordering: .sequentiallyConsistent), !isSecond { return }
        _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
        _exit(exitStatus(signal))
    }

    /// Runs `body`, which calls `check` now and then: the first signal is left to it, as there is work
    /// that it would not lose.
    /// - Throws: what `body` throws.
    package static func checked<R>(_ body: () throws -> R) rethrows -> R {
        try with(isChecked, true, body)
    }

    /// - Throws: `Interrupt` after Ctrl-C.
    package static func check() throws(Interrupt) {
        let signal = request.load(ordering: .sequentiallyConsistent)
        if signal != 0 { throw Interrupt(signal) }
    }

    private static func with<R>(
        _ flag: borrowing Atomic<Bool>, _ value: Bool, _ body: () throws -> R
    ) rethrows -> R {
        let before = flag.exchange(value, ordering: .sequentiallyConsistent)
        defer { flag.store(before, ordering: .sequentiallyConsistent) }
        return try body()
    }

    /// Runs `body`, which writes files, to its end even if Ctrl-C comes twice. Streams among them may
    /// wait for a reader for ever; there Ctrl-C ends the process at once.
    /// - Throws: `Interrupt` after an earlier Ctrl-C, or what `body` throws.
    package static func withheld<R>(
        writing paths: [String], _ body: () throws -> R
    ) throws -> R {
        try keptOff(writing: paths) {
            try check()
            return try body()
        }
    }

    /// Runs `body` in the same way, even after an earlier Ctrl-C: it saves what would be lost.
    /// - Throws: what `body` throws.
    package static func keptOff<R>(
        writing paths: [String], _ body: () throws -> R
    ) rethrows -> R {
        if paths.contains(where: FilePlace.isStream) { return try with(isChecked, false, body) }
        return try with(isWithheld, true, body)
    }
}
