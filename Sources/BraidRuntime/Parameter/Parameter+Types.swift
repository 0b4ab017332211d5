import BraidCore
import BraidPlatform

/// What a parameter may become. Every door asks here: compiled code relies on the type of a parameter,
/// which never changes.
extension Parameter {
    /// Whether an array may be the value or the gradient; if not, and after an earlier mistake inside
    /// `validating`, the parameter is to stay as it is. The first value says the shape.
    func admits(_ array: NDArray, as part: Part, in trace: Trace? = nil) -> Bool {
        if let trace {
            if !canChange(in: trace) { return false }
        } else if let symbol = array.body.symbol {
            ArrayError(
                .invalidState, in: part.name,
                "\(symbol.origin) is a value of a trace and has no elements outside of it; return it "
                    + "from the traced code and assign the result"
            ).report()
            return false
        }
        if Scopes.innermost?.errors?.error != nil { return false }
        let shape = state.withLock { state in
            if state.shape == nil, part == .value, array.dtype == dtype {
                state.shape = array.shape
            }
            return state.shape
        }
        if array.dtype == dtype, array.shape == shape { return true }
        let expected = shape.map { "type \(TensorType(dtype, $0))" } ?? "\(dtype) and unknown shape"
        ArrayError(
            .shapeMismatch, in: part.name,
            "an array of type \(array.type) for a parameter of \(expected); cast or reshape it, or make a "
                + "new Parameter"
        ).report()
        return false
    }

    /// An array to start from: a value of a trace has no elements, and is there when traced only.
    static func withElements(_ array: NDArray) -> NDArray {
        guard let symbol = array.body.symbol else { return array }
        let error = ArrayError(
            .invalidState, in: "parameter",
            "\(symbol.origin) is a value of a trace and cannot be what a parameter starts from; make "
                + "the parameter outside of the traced code, or with an initializer"
        ).reported()
        return .invalid(error, like: array.type)
    }

    /// Whether a trace may change the parameter; says so if not.
    func canChange(in trace: Trace) -> Bool {
        if !trace.tracesRule { return Scopes.innermost?.errors?.error == nil }
        ArrayError(
            .invalidState, in: "parameter",
            "\(describedType) is changed in a gradient rule, whose calls are not told apart; return "
                + "what it is to become and assign it outside"
        ).report()
        return false
    }

    /// Whether what would act at once acts at once: not in traced code, unless the parameter was made there.
    func isOutsideTraces(_ action: String) -> Bool {
        guard let trace = Scopes.current?.trace.map(Trace.of), originTrace != trace.number else {
            return true
        }
        ArrayError(
            .invalidState, in: action,
            "\(describedType) is changed in traced code, which would happen once, when it is traced, and "
                + "not at every call; do it outside of the hybridized function"
        ).report()
        return false
    }

    private var describedType: String {
        shape.map { "a parameter of type \(TensorType(dtype, $0))" } ?? "a parameter of \(dtype)"
    }

    static var currentTraceNumber: UInt64 { Scopes.current?.trace.map { Trace.of($0).number } ?? 0 }
}

extension Parameter.Part {
    /// What messages call it.
    fileprivate var name: String { self == .value ? "parameter" : "gradient" }
}
