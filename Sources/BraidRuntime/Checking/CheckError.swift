/// What checked mode found in a job: `Runtime.isChecked`.
public struct CheckError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of finding it is; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case nan, infinity, index, write }
        private let value: Value
        /// A result that is no number.
        public static let notANumber = Code(value: .nan)
        /// An infinite result of finite operands.
        public static let infinite = Code(value: .infinity)
        /// An index outside its axis.
        public static let invalidIndex = Code(value: .index)
        /// A write outside the results, which is a mistake of the operator.
        public static let invalidWrite = Code(value: .write)
    }

    /// The kind of finding.
    public let code: Code
    /// The operator.
    public let operation: String
    /// What was found, and where in the array.
    public let message: String
    /// The path of the block that called the operator, as `encoder.0.attention (MultiHeadAttention)`;
    /// nil outside all blocks.
    public var block: String? { origin.block }
    /// The file and the line of the innermost call outside the library, as `/app/main.swift:7`; nil
    /// where the program has no debug information.
    public var location: String? { origin.location }
    private let origin: CallOrigin

    init(_ code: Code, in operation: String, _ message: String, _ origin: CallOrigin) {
        self.code = code
        self.operation = operation
        self.message = message
        self.origin = CallOrigin(finding: origin)
    }

    /// Whether the same was found at the same line.
    public static func == (left: CheckError, right: CheckError) -> Bool {
        (left.code, left.operation, left.message, left.block)
            == (right.code, right.operation, right.message, right.block)
            && (left.origin === right.origin || left.location == right.location)
    }

    /// Hashes what was found.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(operation)
        hasher.combine(message)
    }

    /// As `log: the result f32[4] is NaN at [2], …; in block 1 (Dense); called at /app/main.swift:7`.
    public var description: String {
        "\(operation): \(message)" + (block.map { "; in block \($0)" } ?? "")
            + (location.map { "; called at \($0)" } ?? "")
    }
}
