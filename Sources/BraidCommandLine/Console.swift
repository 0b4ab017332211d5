import Foundation

/// Standard output and standard error, unbuffered.
package enum Console {
    /// The columns of the terminal on standard output; nil when it goes elsewhere.
    package static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// Writes `text` to standard output. When that is not possible the process ends with status 2, as
    /// nobody would see what it goes on to do.
    package static func write(_ text: String) {
        guard put(text, to: STDOUT_FILENO) else {
            let reason = String(cString: strerror(errno))
            warn("Error: standard output cannot be written: \(reason)")
            exit(2)
        }
    }

    /// Writes a line to standard error.
    package static func warn(_ line: String) { _ = put(line + "\n", to: STDERR_FILENO) }

    private static func put(_ text: String, to file: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
