import BraidCore

/// Runs one operator so that what goes wrong in it shows.
struct CheckedEvaluation<O: Operator> {
    private let op: O
    private let inputs: UnsafeBufferPointer<TensorView>
    private let outputs: UnsafeBufferPointer<TensorView>
    private let origin: CallOrigin
    /// Whether infinite results of finite operands are no finding.
    private let allowsInfinity: Bool

    init(
        _ op: O, _ inputs: UnsafeBufferPointer<TensorView>,
        _ outputs: UnsafeBufferPointer<TensorView>, _ origin: CallOrigin,
        allowsInfinity: Bool = false
    ) {
        self.allowsInfinity = allowsInfinity
        self.op = op
        self.inputs = inputs
        self.outputs = outputs
        self.origin = origin
    }

    /// Computes the outputs in memory between guard zones, on this thread alone, and copies them to
    /// their places.
    /// - Throws: `CheckError`; `ArrayError` when there is no memory.
    func callAsFunction(scratchByteCount: Int) throws {
        try checkIndices()
        let scratch = try GuardedBlock(scratchByteCount)
        let blocks = try outputs.map { try GuardedBlock($0.type.byteCount) }
        let results = zip(outputs, blocks).map { TensorView(dense: $0.type, address: $1.address) }
        results.withUnsafeBufferPointer { results in
            op.evaluate(
                KernelContext(
                    inputs: inputs, outputs: results,
                    scratch: scratchByteCount == 0 ? nil : scratch.address, splitter: nil))
        }
        guard (blocks + [scratch]).allSatisfy(\.isIntact) else {
            throw failure(
                .invalidWrite,
                "wrote outside its results or its scratch memory, which is a mistake "
                    + "of the operator")
        }
        for result in results { try checkValues(of: result) }
        for (output, block) in zip(outputs, blocks) {
            output.address.copyMemory(from: block.address, byteCount: block.byteCount)
        }
    }

    /// - Throws: for values that the operator does not take.
    private func checkIndices() throws(CheckError) {
        do throws(ArrayError) {
            try Dispatch.checkValues(op, inputs, outputs, splitter: nil)
        } catch {
            throw CheckError(.invalidIndex, in: error.operation, error.message, origin)
        }
    }

    /// - Throws: for NaN, and for infinite values where all operands are finite. An operator without
    ///   operands gives what its caller asked for.
    private func checkValues(of result: TensorView) throws(CheckError) {
        if inputs.isEmpty { return }
        if let element = result.firstNaN {
            throw failure(
                .notANumber,
                "the result \(result.type) is NaN at \(result.coordinates(of: element)); "
                    + cause)
        }
        if !allowsInfinity, !inputs.contains(where: { $0.firstInfinity != nil }),
            let element = result.firstInfinity
        {
            throw failure(
                .infinite,
                "the result \(result.type) is infinite at "
                    + "\(result.coordinates(of: element)); \(cause)")
        }
    }

    /// What the operands have to do with a result that is not finite.
    private var cause: String {
        let findings = inputs.enumerated().compactMap { number, input -> String? in
            let found =
                input.firstNaN.map { ("NaN", $0) }
                ?? input.firstInfinity.map { ("infinite", $0) }
            return found.map { what, element in
                "\(Self.ordinal(number)) operand \(input.type) is \(what) at "
                    + "\(input.coordinates(of: element))"
            }
        }
        return findings.isEmpty ? "all operands are finite" : findings.joined(separator: ", ")
    }

    private static func ordinal(_ number: Int) -> String {
        let names = ["the first", "the second", "the third", "the fourth"]
        return number < names.count ? names[number] : "the \(number + 1)th"
    }

    private func failure(_ code: CheckError.Code, _ message: String) -> CheckError {
        CheckError(code, in: op.title, message, origin)
    }
}
