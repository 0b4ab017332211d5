import BraidCore

extension ModelSignature {
    /// Arrays by name in the order of the inputs.
    /// - Throws: `ModelError` naming all inputs that are missing, all that there are not, or one whose
    ///   type is another.
    func ordered(_ arguments: [String: NDArray]) throws(ModelError) -> [NDArray] {
        let names = inputs.map(\.name)
        let missing = names.filter { arguments[$0] == nil }
        guard missing.isEmpty else {
            throw ModelError(.missing, "the inputs \(ModelError.list(missing)) are missing")
        }
        let known = Set(names)
        let unexpected = arguments.keys.filter { !known.contains($0) }.sorted()
        guard unexpected.isEmpty else {
            throw ModelError(
                .unexpected,
                "there are no inputs \(ModelError.list(unexpected)); the inputs are "
                    + ModelError.list(names))
        }
        let ordered = names.map { arguments[$0]! }
        try check(ordered)
        return ordered
    }

    /// What a call returns, inside `validating`, for arrays that are not one of the right type for each
    /// input; nil when they are.
    func invalidOutputs(for arguments: [NDArray], in operation: String) -> [NDArray]? {
        do throws(ModelError) {
            try check(arguments)
            return nil
        } catch {
            let code: ArrayError.Code =
                error.code == .sideEffect ? .invalidState : .shapeMismatch
            let mistake = ArrayError(code, in: operation, error.message)
            mistake.report()
            return outputs.map { .invalid(mistake, like: $0.type) }
        }
    }

    /// Passes one array of the right type for each input, outside of traces with elements.
    func check(_ arguments: [NDArray]) throws(ModelError) {
        guard arguments.count == inputs.count else {
            throw ModelError(
                arguments.count < inputs.count ? .missing : .unexpected,
                "takes \(inputs.count) arrays, not \(arguments.count); the inputs are "
                    + ModelError.list(inputs.map(\.name)))
        }
        for (input, argument) in zip(inputs, arguments) { try input.check(argument, "input") }
        if Scopes.current?.trace != nil { return }
        if let mistake = arguments.lazy.compactMap(\.body.missingElements).first {
            throw ModelError(.sideEffect, mistake.message)
        }
    }

    /// The results by name.
    func named(_ results: [NDArray]) -> [String: NDArray] {
        Dictionary(uniqueKeysWithValues: zip(outputs.map(\.name), results))
    }
}

extension ModelSignature.Entry {
    /// Passes an array of the entry's type.
    /// - Parameter kind: what the entry is, for the message.
    func check(_ array: NDArray, _ kind: String) throws(ModelError) {
        if array.type == type { return }
        throw ModelError(.typeMismatch, "the \(kind) '\(name)' is \(type), not \(array.type)")
    }
}
