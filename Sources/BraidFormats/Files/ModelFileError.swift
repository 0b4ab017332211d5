package import BraidPlatform

/// Why a model file cannot be read, written or used.
public struct ModelFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value {
            case unreadable, unwritable, malformed, type, metadata, mismatch, name, memory
        }
        private let value: Value
        /// The file does not exist or the system does not let it be read.
        public static let unreadable = Code(value: .unreadable)
        /// The file cannot be written; what was there before is untouched.
        public static let unwritable = Code(value: .unwritable)
        /// The bytes are no valid safetensors file.
        public static let malformed = Code(value: .malformed)
        /// A tensor has an element type or a shape that Braid has none for.
        public static let unsupportedType = Code(value: .type)
        /// The metadata lack something, or say something that is not understood.
        public static let invalidMetadata = Code(value: .metadata)
        /// The tensors are not those that were asked for.
        public static let mismatch = Code(value: .mismatch)
        /// A name that occurs twice, or that tensors cannot have.
        public static let invalidName = Code(value: .name)
        /// There is no memory for what the file has, or says it has.
        public static let tooLarge = Code(value: .memory)
    }

    /// The kind of failure.
    public let code: Code
    /// The file.
    public let path: String
    /// What was wrong, where, and what was expected.
    public let message: String

    /// An error from its parts.
    public init(_ code: Code, path: String, _ message: String) {
        self.code = code
        self.path = path
        // With names from the file.
        self.message = message.printableLines
    }

    /// As `model.safetensors: tensor '0.weight' ends at byte 400 of 300 bytes of data`.
    public var description: String { "\(path.printable): \(message)" }
}

extension ModelFileError {
    /// A file that cannot be read.
    package init(_ error: SystemError, path: String) {
        self.init(
            error.isShortage ? .tooLarge : .unreadable, path: path, "cannot be read: \(error)")
    }
}
