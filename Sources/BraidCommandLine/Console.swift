import Braid
import BraidPlatform
import Foundation
import Synchronization

/// Standard output and standard error, unbuffered.
package enum Console {
    /// The columns of the terminal on standard output; nil when it goes elsewhere.
    package static var columns: Int? {
        guard !isTaken.load(ordering: .relaxed), isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    private static let isTaken = Atomic<Bool>(false)

    /// Leaves standard output to a file that is written there: from now on, texts go to standard error.
    package static func leaveStandardOutput(to paths: [String]) {
        if paths.contains(where: FilePlace.isStandardOutput) {
            isTaken.store(true, ordering: .relaxed)
        }
    }

    /// Writes `text` to standard output. When that is not possible the process ends with status 2, as
    /// nobody would see what it goes on to do.
    package static func write(_ text: String) {
        let isTaken = isTaken.load(ordering: .relaxed)
        guard put(text, to: isTaken ? STDERR_FILENO : STDOUT_FILENO) else {
            // As for a command that does not handle the signal: `| head` is no failure to speak of.
            if errno == EPIPE { exit(128 + SIGPIPE) }
            let reason = String(cString: strerror(errno))
            warn("Error: standard output cannot be written: \(reason)")
            exit(2)
        }
    }

    /// Writes a line to standard error.
    package static func warn(_ line: String) {
        _ = put(line.printableLines + "\n", to: STDERR_FILENO)
    }

    private static func put(_ text: String, to file: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Whoever made the descriptor may have said that it shall not wait.
            if count < 0, errno == EAGAIN {
                var entry = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, -1)
                continue
            }
            guard count >= 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
