/// Why a file with data cannot be read or written.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case missing, unreadable, malformed, unsupported, unwritable }
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
        self.message = message
    }

    /// As `/data/digits.bin: no such file; …`.
    public var description: String { "\(path): \(message)" }
}
