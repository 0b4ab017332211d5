import BraidPlatform

/// A programmer's mistake that is known at the call: wrong shape, dtype, axis or index.
///
/// Outside `validating { }` such a mistake stops the program with this error's description.
public struct ArrayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of mistake it was; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case shape, axis, type, index, value, state, memory }
        private let value: Value
        /// Operands whose shapes do not fit together or do not fit the operator.
        public static let shapeMismatch = Code(value: .shape)
        /// An axis outside the operand's rank.
        public static let invalidAxis = Code(value: .axis)
        /// A dtype that the operator does not take.
        public static let unsupportedType = Code(value: .type)
        /// An index or range outside an extent.
        public static let invalidIndex = Code(value: .index)
        /// Another attribute out of its range.
        public static let invalidValue = Code(value: .value)
        /// A call that is not possible in the present state (inside a trace, before initialisation).
        public static let invalidState = Code(value: .state)
        /// An array, or the inner values of a graph, for which there is no memory.
        public static let outOfMemory = Code(value: .memory)
    }

    /// The kind of mistake.
    public let code: Code
    /// The operator or function that found it.
    public let operation: String
    /// What was wrong and what was expected.
    public let message: String

    /// The path of the block that made the call, as `2 (Dense)`; nil outside all blocks.
    public private(set) var block: String?
    /// The file and the line of the call, as `MyModule/main.swift:12`; nil where it is not known.
    public private(set) var location: String?

    /// An error from its parts.
    public init(_ code: Code, in operation: String, _ message: String) {
        self.code = code
        self.operation = operation
        self.message = message
    }

    /// As `softmax: axis 3 is out of range for shape [2, 5]; expected -2..<2; in block 2 (Dense); called
    /// at MyModule/main.swift:12`, without what is not known.
    public var description: String {
        "\(operation): \(message)" + (block.map { "; in block \($0)" } ?? "")
            + (location.map { "; called at \($0)" } ?? "")
    }

    /// This error with what is known of the call, unless it has that already: the block that this thread
    /// is in, and the place in the source.
    package func located(_ fileID: StaticString? = nil, _ line: UInt = 0) -> ArrayError {
        var error = self
        error.block = block ?? CallFrame.description
        error.location = location ?? fileID.flatMap { Library.place($0, line) }
        return error
    }

    /// The same, the place taken from the stack where it is not known: slow.
    func locatedByStack() -> ArrayError {
        var error = located()
        error.location = location ?? CallStack().resolved().location
        return error
    }

    /// This error with the block that made the call, unless it has one already.
    package func inBlock(_ block: String) -> ArrayError {
        var error = self
        error.block = self.block ?? block
        return error
    }
}
