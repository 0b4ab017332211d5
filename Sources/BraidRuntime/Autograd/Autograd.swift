public import BraidCore
import BraidGraph
import BraidOperators

/// Recording of operations for differentiation.
public enum Autograd {
    /// Runs `body` in training mode and records what it does with parameters; `backward()` on a
    /// result then computes the gradients.
    ///
    /// ```swift
    /// let loss = Autograd.record { (network(x) - y).square().mean() }
    /// loss.backward()
    /// ```
    public static func record<R>(mode: Mode = .train, _ body: () throws -> R) rethrows -> R {
        try Scopes.with(recording(mode), body)
    }

    /// Runs an asynchronous `body` in the same way; its child tasks record on the same tape.
    public static func record<R>(
        mode: Mode = .train, _ body: () async throws -> R
    ) async rethrows -> R {
        try await Scopes.with(recording(mode), body)
    }

    private static func recording(_ mode: Mode) -> Ambient {
        let now = Scopes.innermost ?? .outside
        let parent = now.tape.map { unsafeDowncast($0, to: Tape.self) }
        let tape = Tape(parent: parent, recordsParameters: true)
        return now.changing {
            $0.tape = tape
            $0.mode = mode
        }
    }

    /// Runs `body` without recording.
    public static func pause<R>(_ body: () throws -> R) rethrows -> R {
        try Scopes.changing({ $0.tape = nil }, body)
    }

    /// How many gradient graphs the process has compiled: one for each structure of records of which
    /// a gradient was wanted twice, and again for one that came back after it was forgotten.
    package static var compiledGradientCount: Int { GradientCache.shared.compilationCount }

    /// Whether the innermost scope records.
    public static var isRecording: Bool { Scopes.current?.tape != nil }
}

extension NDArray {
    /// Computes the gradients of the parameters that this recorded value depends on, and hands them
    /// to the parameters by their `gradientMode`. Those that were read, but that it does not depend on, get
    /// zeros, which are no new gradient to a trainer, unless they have a new one.
    ///
    /// - Parameters:
    ///   - seed: the cotangent of this value; ones when nil, so that an array stands for its sum.
    ///   - retaining: keeps the record for a further `backward()`. Otherwise what it saved is
    ///     released.
    /// - Precondition: the value was computed inside `Autograd.record` from a parameter, and no
    ///   earlier `backward()` consumed the record.
    public func backward(
        seed: NDArray? = nil, retaining: Bool = false, fileID: StaticString = #fileID,
        line: UInt = #line
    ) {
        let found = differentiated(
            seed: seed, retaining: retaining, findingReduction: true, (fileID, line)
        ) { $0.gradientMode != .none }
        guard let found else { return }
        let gradients = found.gradients.entries
        let receivers = gradients.compactMap { $0.element == nil ? nil : $0.parameter }
        let origin = GradientOrigin.make(found.reduction, receivers: receivers)
        for (parameter, gradient) in gradients {
            if let gradient {
                parameter.receive(gradient, from: origin)
            } else {
                parameter.receiveZeros()
            }
        }
    }

    /// Computes the gradients at parameters as `backward()` does, and returns them instead of handing
    /// them to the parameters, so that several may be computed at the same time.
    ///
    /// - Parameters:
    ///   - parameters: where the gradients are wanted.
    ///   - seed: the cotangent of this value; ones when nil, so that an array stands for its sum.
    ///   - retaining: keeps the record for a further `backward()`.
    /// - Returns: a gradient for each parameter, zeros where this value does not depend on it.
    /// - Precondition: as of `backward()`.
    public func gradients(
        at parameters: [Parameter], seed: NDArray? = nil, retaining: Bool = false,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> [NDArray] {
        let wanted = Set(parameters.map { ObjectIdentifier($0) })
        let found = differentiated(
            seed: seed, retaining: retaining, findingReduction: false, (fileID, line)
        ) { parameter in
            wanted.contains(ObjectIdentifier(parameter))
        }
        return parameters.map { parameter in
            if let gradient = found?.gradients[parameter] ?? nil { return gradient }
            let type = parameter.knownType
            return .zeros(type.shape, dtype: type.dtype)
        }
    }

    /// The gradients at those of some parameters that this value depends on, by their positions.
    /// - Parameter parameters: where gradients are wanted; those with the mode `.none` are left out.
    /// - Returns: the gradients, and the other parameters whose mode is not `.none` and that the value was
    ///   recorded from; nil after a mistake.
    package func gradients(
        among parameters: [Parameter], fileID: StaticString = #fileID, line: UInt = #line
    ) -> (found: [(position: Int, gradient: NDArray)], others: [Parameter])? {
        let wanted = Set(parameters.map { ObjectIdentifier($0) })
        let found = differentiated(
            seed: nil, retaining: false, findingReduction: false, (fileID, line)
        ) { $0.gradientMode != .none }
        guard let found else { return nil }
        return (
            parameters.enumerated().compactMap { position, parameter in
                (found.gradients[parameter] ?? nil).map { (position, $0) }
            },
            found.gradients.entries.compactMap { parameter, gradient in
                gradient == nil || wanted.contains(ObjectIdentifier(parameter)) ? nil : parameter
            }
        )
    }

    /// The gradients at the parameters on the record that are wanted, nil where this value does not depend
    /// on one; nil after a mistake.
    /// - Parameter findsReduction: whether it is wanted how this value was made of samples.
    private func differentiated(
        seed: NDArray?, retaining: Bool, findingReduction findsReduction: Bool, _ caller: Caller,
        where isWanted: (Parameter) -> Bool
    ) -> Differentiated? {
        guard let tape = body.tape else { return Self.reportUnrecorded(caller) }
        if let seed, seed.type != type {
            ArrayError(
                .shapeMismatch, in: "backward", "a seed of type \(seed.type) for a value of \(type)"
            ).report(caller.fileID, caller.line)
            return nil
        }
        if body.symbol != nil {
            return tracedDifferentiated(
                tape, seed: seed, retaining: retaining, findingReduction: findsReduction, caller,
                where: isWanted)
        }
        if Scopes.current?.trace == nil, let mistake = seed?.body.missingElements {
            mistake.report(caller.fileID, caller.line)
            return nil
        }
        guard let contents = tape.take(retaining: retaining) else {
            return Self.reportConsumedRecord(caller)
        }
        // No slot: the array was changed in place after the record.
        guard let output = contents.slot(of: body) else { return Self.reportUnrecorded(caller) }
        let leaves = contents.leaves.compactMap { leaf in
            leaf.parameter.flatMap { isWanted($0) ? (leaf.slot, $0) : nil }
        }
        let gradients = contents.gradients(of: output, seed: seed, at: leaves.map(\.0))
        return Differentiated(
            gradients: Self.sums(zip(leaves, gradients).map { ($0.1, $1) }),
            reduction: findsReduction
                ? LossReduction(of: TapeValues(contents: contents), at: output) : LossReduction())
    }

    /// The same inside a trace, where the record is part of the graph.
    private func tracedDifferentiated(
        _ tape: Tape, seed: NDArray?, retaining: Bool, findingReduction findsReduction: Bool,
        _ caller: Caller, where isWanted: (Parameter) -> Bool
    ) -> Differentiated? {
        guard let trace = Scopes.current?.trace.map(Trace.of) else {
            body.missingElements?.report(caller.fileID, caller.line)
            return nil
        }
        guard let leaves = tape.takeTracedLeaves(retaining: retaining) else {
            return Self.reportConsumedRecord(caller)
        }
        let output = trace.symbol(self)
        let wanted = leaves.filter { isWanted($0.parameter) }
        let cotangent =
            seed.map(trace.symbol) ?? .ones(output.shape, dtype: output.dtype)
        let found = BraidGraph.gradients(
            of: [output], cotangents: [cotangent], at: wanted.map(\.symbol))
        return Differentiated(
            gradients: Self.sums(
                zip(wanted, found).map { leaf, gradient in
                    (leaf.parameter, gradient.map { trace.array($0) })
                }),
            reduction: findsReduction
                ? LossReduction(of: SymbolValues(), at: output) : LossReduction())
    }

    private struct Differentiated {
        /// Nil where the value does not depend on a parameter.
        let gradients: ParameterTable<NDArray?>
        let reduction: LossReduction
    }

    /// One gradient for each parameter: one that changed while it was recorded has several values.
    private static func sums(
        _ gradients: [(parameter: Parameter, gradient: NDArray?)]
    ) -> ParameterTable<NDArray?> {
        var sums = ParameterTable<NDArray?>()
        for (parameter, gradient) in gradients {
            let known = sums[parameter] ?? nil
            sums[parameter] = .some(
                known.map { sum in gradient.map { sum + $0 } ?? sum } ?? gradient)
        }
        return sums
    }

    private typealias Caller = (fileID: StaticString, line: UInt)

    private static func reportUnrecorded<R>(_ caller: Caller) -> R? {
        ArrayError(
            .invalidState, in: "backward",
            "this array was not recorded: compute it inside Autograd.record from parameters"
        ).report(caller.fileID, caller.line)
        return nil
    }

    private static func reportConsumedRecord<R>(_ caller: Caller) -> R? {
        ArrayError(
            .invalidState, in: "backward",
            "the record was consumed by an earlier backward(); pass retaining: true to that one"
        ).report(caller.fileID, caller.line)
        return nil
    }

    /// The same elements, through which no gradient flows.
    public func detached() -> NDArray {
        if body.symbol != nil { return .apply(StopGradient(), self) }
        return NDArray(ArrayBody(dtype, body.layout, storage))
    }
}
