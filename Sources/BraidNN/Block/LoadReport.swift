import BraidCore
import BraidFormats
import BraidPlatform
import BraidRuntime

/// How the tensors of a file and the parameters of a network differ.
public struct LoadReport: Hashable, Sendable, CustomStringConvertible {
    /// Kinds of differences.
    public struct Differences: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: Int
        /// Differences from bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// Parameters that are not in the file; they stay as they are.
        public static let missing = Differences(rawValue: 1)
        /// Tensors that no parameter has the name of; they are left out.
        public static let unexpected = Differences(rawValue: 2)
        /// Tensors of another shape or dtype than the parameter; it stays as it is.
        public static let mismatched = Differences(rawValue: 4)
    }

    /// The names of the parameters that are not in the file.
    public internal(set) var missing: [String] = []
    /// The names of the tensors that no parameter has.
    public internal(set) var unexpected: [String] = []
    /// Names of tensors of another shape or dtype, with both types, such as `f32[10, 64]`.
    public internal(set) var mismatched: [Mismatch] = []
    /// Tensors of another floating-point dtype that were converted, which is no difference.
    public internal(set) var converted: [Mismatch] = []

    /// A tensor of another type than the parameter.
    public struct Mismatch: Hashable, Sendable {
        /// The parameter's name.
        public let name: String
        /// The tensor's type.
        public let found: String
        /// The parameter's type.
        public let expected: String
        /// Whether only the floating-point dtypes differ.
        let isConvertible: Bool
    }

    /// Whether there is no difference.
    public var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty }

    /// How many differences of a kind `description` shows.
    private static let shownCount = 20

    /// The differences, one a line, at most 20 of each kind and then how many more there are; empty when
    /// there is none.
    public var description: String {
        let lines =
            Self.lines(missing, "missing") { "\($0.printable) is missing" }
            + Self.lines(mismatched, "of another type") {
                "\($0.name.printable) is \($0.found), expected \($0.expected)"
                    + ($0.isConvertible ? " (converting: true converts it)" : "")
            }
            + Self.lines(unexpected, "unexpected") { "\($0.printable) is unexpected" }
        return lines.joined(separator: "\n")
    }

    private static func lines<Item>(
        _ items: [Item], _ kind: String, _ text: (Item) -> String
    ) -> [String] {
        let rest = items.count - shownCount
        return items.prefix(shownCount).map(text)
            + (rest > 0 ? ["and \(rest) more are \(kind)"] : [])
    }

    /// - Throws: `ModelFileError` that lists what is not allowed.
    func check(allowing allowed: Differences, in file: ParameterFile) throws(ModelFileError) {
        var rest = self
        if allowed.contains(.missing) { rest.missing = [] }
        if allowed.contains(.unexpected) { rest.unexpected = [] }
        if allowed.contains(.mismatched) { rest.mismatched = [] }
        if !rest.isEmpty {
            throw ModelFileError(.mismatch, path: file.file.path, rest.description)
        }
    }
}
