import BraidCore
import BraidGraph
import BraidOperators

extension TapeContents {
    /// The cotangents of the values in `targets`, given the cotangent of the value in `output`.
    ///
    /// A record that was seen before runs as a compiled graph; another one, and one whose gradient is
    /// itself recorded, traced or checked, job by job. Consumes the record.
    consuming func gradients(
        of output: Int, seed: NDArray?, at targets: [Int]
    ) -> [NDArray?] {
        let request = RecordStructure.Request(
            output: output, hasSeed: seed != nil, targets: targets)
        if !Runtime.isChecked, !isRecorded(seed, in: Scopes.current ?? .outside),
            let program = GradientCache.shared.program(for: self, request)
        {
            return program(self, seed: seed)
        }
        return evaluate(request, seed)
    }

    /// Whether what the gradient computes becomes part of a trace or of another record.
    private func isRecorded(_ seed: NDArray?, in ambient: Ambient) -> Bool {
        if ambient.trace != nil { return true }
        if ambient.tape == nil { return false }
        let saved = values.compactMap(\.saved) + (seed.map { [$0.body] } ?? [])
        return ActiveTapes(in: ambient) { tape in saved.contains { tape.isActive($0) } }.innermost
            != nil
    }

    /// Runs the reverse pass job by job. Consumes the record, so that a saved value is released after
    /// its last use.
    private consuming func evaluate(
        _ request: RecordStructure.Request, _ seed: NDArray?
    ) -> [NDArray?] {
        let pass = reversePass(request)
        var evaluator = Evaluator()
        if let seed { evaluator.bind(pass.seed, to: seed) }
        for slot in values.indices {
            if let saved = values[slot].saved, let symbol = pass.symbols[slot] {
                evaluator.bind(symbol, to: NDArray(saved))
                values[slot].saved = nil
            }
        }
        entries = []
        let arrays = evaluator.evaluate(pass.cotangents.compactMap(\.self))
        var next = arrays.makeIterator()
        return pass.cotangents.map { $0 == nil ? nil : next.next() }
    }

    /// A record as symbols, extended by its reverse pass.
    struct ReversePass {
        /// The value in each slot, where an entry names it.
        let symbols: [Symbol?]
        /// The cotangent of what is differentiated.
        let seed: Symbol
        /// Those of the targets; nil where nothing flows.
        let cotangents: [Symbol?]
    }

    func reversePass(_ request: RecordStructure.Request) -> ReversePass {
        let values = values
        var symbols = [Symbol?](repeating: nil, count: values.count)
        func symbol(_ slot: Int) -> Symbol {
            if let symbol = symbols[slot] { return symbol }
            let fresh = Symbol.variable(
                "value \(slot)", values[slot].type.dtype, values[slot].type.shape)
            symbols[slot] = fresh
            return fresh
        }
        for entry in entries {
            let node = Node(
                entry.kind, inputs: inputs[entry.inputs].map(symbol),
                types: values[entry.outputs].map(\.type))
            for (index, slot) in entry.outputs.enumerated() { symbols[slot] = Symbol(node, index) }
        }
        let result = symbol(request.output)
        let seed: Symbol =
            request.hasSeed
            ? .variable("seed", result.dtype, result.shape)
            : .ones(result.shape, dtype: result.dtype)
        let cotangents = BraidGraph.gradients(
            of: [result], cotangents: [seed], at: request.targets.map(symbol))
        return ReversePass(symbols: symbols, seed: seed, cotangents: cotangents)
    }
}
