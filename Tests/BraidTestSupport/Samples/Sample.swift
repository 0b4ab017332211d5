package import BraidCore

/// One row of the sample table: how to make random calls of an operator, and what they must give.
/// Every check of this module runs over the rows; none names an operator.
package struct Sample: Sendable, CustomStringConvertible {
    /// The operator's name in files, and what tells the row from others of the operator.
    package let description: String
    /// The dtypes of the operand that the row varies (the last one in `OperatorCase.inputs` that does
    /// not have a dtype of its own).
    package let dtypes: [DType]
    /// A random call.
    package let make: @Sendable (DType, CaseSize, inout SeededGenerator) -> OperatorCase
    /// The exact results, written without regard to speed.
    package let reference: @Sendable (OperatorCase) -> [HostArray]
    /// Up to which order derivatives are compared with central differences.
    package var differentiableOrders = 2
    /// Whether large calls run in several pieces.
    package var isSplit = true
    /// Calls that inference must refuse, naming operator and types.
    package var refused: [RefusedCall] = []
}

/// How large a random call is.
package enum CaseSize: Sendable {
    /// A dozen elements and none empty, for numerical gradients; away from kinks.
    case small
    /// Up to some hundred elements, also empty ones and scalars.
    case any
    /// Enough elements that operators work in several pieces.
    case large
}

/// An operator with operands.
package struct OperatorCase: Sendable {
    package let op: any Operator
    package let inputs: [HostArray]
    /// How many terms one output element sums up, for the tolerance.
    package var reductionLength = 1

    /// What a failure prints.
    package var summary: String { "\(op) of \(inputs.map(\.type))" }
}

/// A call that inference must refuse.
package struct RefusedCall: Sendable {
    package let op: any Operator
    package let types: [TensorType]
    /// The name that the message begins with.
    package let name: String
    /// Parts that the message must have beside the name, such as shapes.
    package let mentions: [String]

    init(_ op: any Operator, _ types: [TensorType], name: String? = nil, mentions: [String]) {
        self.op = op
        self.types = types
        self.name = name ?? type(of: op).name
        self.mentions = mentions
    }
}

extension DType {
    /// The dtypes with arithmetic kernels.
    package static let arithmetic = allCases.filter(\.isArithmetic)
    /// f32 and f64.
    package static let computedFloating = allCases.filter(\.isComputedFloating)
}
