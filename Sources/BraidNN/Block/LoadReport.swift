import BraidCore
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

    /// A tensor of another type than the parameter.
    public struct Mismatch: Hashable, Sendable {
        /// The parameter's name.
        public let name: String
        /// The tensor's type.
        public let found: String
        /// The parameter's type.
        public let expected: String
    }

    /// Whether there is no difference.
    public var isEmpty: Bool { self == LoadReport() }

    /// All differences, one after the other; empty when there is none.
    public var description: String {
        let lines =
            missing.map { "\($0) is missing" }
            + mismatched.map { "\($0.name) is \($0.found), expected \($0.expected)" }
            + unexpected.map { "\($0) is unexpected" }
        return lines.joined(separator: "; ")
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
