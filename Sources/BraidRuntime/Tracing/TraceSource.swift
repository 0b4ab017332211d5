import BraidCore
import BraidOperators

/// Where a trace gets a value that it does not compute.
final class TraceSource: Sendable {
    enum Kind: Sendable {
        /// What the traced function is called with, by position.
        case argument(Int)
        /// The value of a parameter, read again at every call.
        case parameter(Parameter)
        /// The gradient that a parameter had before the call; zeros if it had none.
        case gradient(Parameter)
        /// An array that the function captured, as it was when it was traced.
        case array(NDArray)
        /// A fresh key for a random operator, drawn at every call.
        case key
    }

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// Whether the source is a random key.
    var isKey: Bool { if case .key = kind { true } else { false } }

    /// The array of this call. Keys are drawn here.
    func array(among arguments: [NDArray]) -> NDArray {
        switch kind {
        case .argument(let position): arguments[position]
        case .parameter(let parameter): parameter.wrappedValue
        case .gradient(let parameter):
            parameter.gradient ?? .zeros(parameter.shape ?? [], dtype: parameter.dtype)
        case .array(let array): array
        case .key: .randomKey()
        }
    }

    /// What reports call the source.
    func name(at position: Int) -> String {
        switch kind {
        case .argument(let argument): "argument \(argument)"
        case .parameter: "parameter \(position)"
        case .gradient: "gradient \(position)"
        case .array: "captured \(position)"
        case .key: "key \(position)"
        }
    }
}

extension TraceSource: CustomStringConvertible {
    var description: String {
        switch kind {
        case .argument(let position): "argument \(position)"
        case .parameter: "a parameter"
        case .gradient: "a parameter's gradient"
        case .array: "a captured array"
        case .key: "a random key"
        }
    }
}
