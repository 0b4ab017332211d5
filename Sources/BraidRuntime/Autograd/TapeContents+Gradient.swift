import BraidCore
import BraidGraph
import BraidOperators

extension TapeContents {
    /// The cotangents of the values in `targets`, given the cotangent of the value in `output`.
    ///
    /// The record becomes a graph of symbols in which saved values are bound; the reverse pass
    /// extends it, and what it needs runs job by job. Consumes the record, so that a saved value is
    /// released after its last use.
    consuming func gradients(
        of output: Int, seed: NDArray?, at targets: [Int]
    ) -> [NDArray?] {
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

        let result = symbol(output)
        let cotangent =
            seed.map { .variable("seed", $0.dtype, $0.shape) }
            ?? Symbol.ones(result.shape, dtype: result.dtype)
        let found = BraidGraph.gradients(
            of: [result], cotangents: [cotangent], at: targets.map(symbol))

        var evaluator = Evaluator()
        if let seed { evaluator.bind(cotangent, to: seed) }
        for slot in values.indices {
            if let saved = values[slot].saved, let symbol = symbols[slot] {
                evaluator.bind(symbol, to: NDArray(saved))
                values[slot].saved = nil
            }
        }
        entries = []
        symbols = []
        let arrays = evaluator.evaluate(found.compactMap { $0 })
        var next = arrays.makeIterator()
        return found.map { $0 == nil ? nil : next.next() }
    }
}
