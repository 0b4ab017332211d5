import BraidPlatform

/// Why a model cannot be made of its parts, or cannot be called with these arrays.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of mistake it was; more kinds may come.
    public struct Code: Hashable, Sendable {
        private enum Value { case missing, unexpected, type, name, graph, effect, options, memory }
        private let value: Value
        /// Names that are needed and were not given.
        public static let missing = Code(value: .missing)
        /// Names that were given and are not known.
        public static let unexpected = Code(value: .unexpected)
        /// An array of another dtype or shape than its name stands for.
        public static let typeMismatch = Code(value: .type)
        /// A name that occurs twice.
        public static let duplicateName = Code(value: .name)
        /// A graph that is not in order.
        public static let invalidGraph = Code(value: .graph)
        /// Traced code that does more than computing outputs from inputs, or one of its values that is used
        /// outside of it.
        public static let sideEffect = Code(value: .effect)
        /// Options that name a pass which there is not.
        public static let invalidOptions = Code(value: .options)
        /// A call that would need more memory than the machine has.
        public static let tooLarge = Code(value: .memory)
    }

    /// The kind of mistake.
    public let code: Code
    /// What was wrong and what was expected.
    public let message: String

    /// An error from its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        // With names from files and requests.
        self.message = message.printableLines
    }

    /// As `model: the input 'x' is f32[2, 3], not f32[3]`.
    public var description: String { "model: \(message)" }

    /// Passes names of which none occurs twice.
    /// - Parameter kind: what the names are of, in the plural.
    static func check(different names: [String], _ kind: String) throws(ModelError) {
        var seen: Set<String> = []
        let repeated = names.filter { !seen.insert($0).inserted }
        if repeated.isEmpty { return }
        throw ModelError(.duplicateName, "\(kind) share the names \(list(Set(repeated).sorted()))")
    }

    /// Names in quotes, in the given order.
    static func list(_ names: some Collection<String>) -> String {
        names.isEmpty ? "none" : names.map { "'\($0.printable)'" }.joined(separator: ", ")
    }
}
