package import BraidPlatform

/// Why a file with data cannot be read or written.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case missing, unreadable, malformed, unsupported, unwritable, memory }
        private let value: Value
        /// There is no file where it was looked for.
        public static let missing = Code(value: .missing)
        /// The system does not let the file be read.
        public static let unreadable = Code(value: .unreadable)
        /// The bytes are not what the file should hold.
        public static let malformed = Code(value: .malformed)
        /// The file is valid, or would be, but the program or the format has no place for what is in it.
        public static let unsupported = Code(value: .unsupported)
        /// The file cannot be written; what was there before is untouched.
        public static let unwritable = Code(value: .unwritable)
        /// There is no memory for what the file has, or says it has.
        public static let tooLarge = Code(value: .memory)
    }

    /// The kind of failure.
    public let code: Code
    /// The file.
    public let path: String
    /// What was wrong, what was expected, and what to do.
    public let message: String

    /// An error from its parts.
    public init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        // With names from the file.
        self.message = message.printableLines
    }

    /// As `/data/digits.bin: no such file; …`.
    public var description: String { "\(path.printable): \(message)" }
}

extension DataError {
    /// A file that cannot be read.
    /// - Parameter expected: what it should be, as `an IDX file`.
    package init(_ error: SystemError, path: String, expected: String) {
        let code: Code =
            error.isMissingFile ? .missing : error.isShortage ? .tooLarge : .unreadable
        self.init(code, path: path, "cannot be read: \(error); expected \(expected)")
    }

    /// Memory that is not there.
    package init(_ shortage: MemoryShortage, path: String) {
        self.init(.tooLarge, path: path, "is too large: \(shortage)")
    }
}
