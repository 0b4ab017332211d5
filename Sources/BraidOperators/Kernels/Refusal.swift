package import BraidCore

/// What stands for the result of a function after a mistake that no operator's inference would find:
/// applied as an operator, it takes the same road, so that arrays and symbols report it alike. It never
/// runs, and stands in no graph.
struct Refusal: Operator {
    static let name = "refusal"
    static let arity: Int? = nil

    let mistake: ArrayError

    init(_ mistake: ArrayError) { self.mistake = mistake }

    func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType { throw mistake }
    func evaluate(_ context: borrowing KernelContext) {}

    init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "a mistake is no operator"))
    }

    func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            mistake,
            .init(codingPath: encoder.codingPath, debugDescription: "a mistake is no operator"))
    }
}

extension Operand {
    /// Reports a mistake; inside `validating` the result is an array like this one that holds nothing.
    package func refused(_ code: ArrayError.Code, in operation: String, _ message: String) -> Self {
        Self.apply(Refusal(ArrayError(code, in: operation, message)), self)
    }

    /// The same of a function without operands.
    package static func refused(
        _ code: ArrayError.Code, in operation: String, _ message: String
    ) -> Self {
        apply(Refusal(ArrayError(code, in: operation, message)))
    }
}
