import BraidCore
import BraidOperators

/// How a loss was made of the samples' losses: the means, and the sums that are divided by a number, that
/// lie between the value that `backward()` was called on and the samples.
///
/// An optimiser's step divides sums over a batch by its size; a mean must not be divided again.
package struct LossReduction: Sendable, Hashable {
    struct Average: Sendable, Hashable {
        /// Extents of the axes that are averaged over, and of those that are kept.
        let reduced: [Int]
        let kept: [Int]
        /// Extents of axes that are summed over afterwards.
        let summed: [Int]
        /// What a sum was divided by; nil for a mean.
        let divisor: Double?
        /// Extents of arrays in what is averaged that come from no parameter.
        let data: Set<Int>
    }

    private(set) var averages: [Average] = []

    /// Whether the loss is a mean over a batch of so many samples.
    package func isMean(over batchSize: Int) -> Bool {
        func counts(_ extent: Int) -> Bool { extent > 0 && extent.isMultiple(of: batchSize) }
        return batchSize > 1
            && averages.contains { average in
                let count = average.reduced.reduce(1, *)
                let isOverBatch = average.reduced.contains(batchSize) || counts(count)
                // An axis of samples that is kept, or summed over later, is the batch's.
                let staysPerSample =
                    average.kept.contains(batchSize) || average.summed.contains(where: counts)
                // A half of a sum is usual; it is no mean over two samples.
                let divides =
                    average.divisor.map {
                        $0 > 2 && ($0 == Double(batchSize) || $0 == Double(count))
                    }
                    ?? true
                return isOverBatch && !staysPerSample && divides
                    && average.data.contains(where: counts)
            }
    }
}

/// A record, as far as the search for averages reads it.
protocol RecordedValues {
    associatedtype Value: Hashable
    func type(of value: Value) -> TensorType
    /// What made the value, and of what; nil where that is not known.
    func producer(of value: Value) -> (kind: Node.Kind, inputs: [Value])?
    /// Extents of arrays that a value depends on and that come from no parameter.
    func dataExtents(behind value: Value) -> Set<Int>
    /// The search goes on in the graph of a compiled function that the value comes from.
    func calledReduction(of value: Value) -> LossReduction?
}

extension LossReduction {
    /// Searches between a loss and its samples.
    init(of loss: some RecordedValues, at root: some Hashable) {
        func search<Record: RecordedValues>(_ record: Record) {
            guard let root = root as? Record.Value else { return }
            var pending: [(value: Record.Value, summed: [Int], divisor: Double?)] = [
                (root, [], nil)
            ]
            var rest = 64
            while let (value, summed, divisor) = pending.popLast(), rest > 0 {
                rest -= 1
                if let called = record.calledReduction(of: value) {
                    averages += called.averages
                    continue
                }
                guard let (kind, inputs) = record.producer(of: value),
                    case .operation(let op) = kind, let first = inputs.first
                else { continue }
                let type = record.type(of: value)
                if let reduction = op as? Reduction {
                    let extents = record.type(of: first).shape.extents
                    let axes = reduction.axes.map { $0.map { $0 < 0 ? $0 + extents.count : $0 } }
                    let isReduced = extents.indices.map { axes?.contains($0) ?? true }
                    let reduced = extents.indices.filter { isReduced[$0] }.map { extents[$0] }
                    let average = divisor != nil || reduction.function == .mean
                    if average, reduction.function == .mean || reduction.function == .sum {
                        averages.append(
                            Average(
                                reduced: reduced,
                                kept: extents.indices.filter { !isReduced[$0] }.map { extents[$0] },
                                summed: summed,
                                divisor: reduction.function == .mean ? nil : divisor,
                                data: record.dataExtents(behind: first)))
                    }
                    if reduction.function == .sum { pending.append((first, summed + reduced, nil)) }
                } else if let scalar = op as? BinaryScalar {
                    let divides = scalar.function == .divide && !scalar.isScalarFirst
                    pending.append((first, summed, divides ? scalar.scalar : divisor))
                } else if op is Binary {
                    // What is broadcast has the samples' axis again.
                    for input in inputs where record.type(of: input).shape == type.shape {
                        pending.append((input, summed, divisor))
                    }
                } else if op is Unary || op is Cast || op is Copy || op is Reshape
                    || op is Transpose
                    || op is Concatenate
                {
                    for input in inputs { pending.append((input, summed, divisor)) }
                }
            }
        }
        search(loss)
    }
}

/// The record of a tape; values are slots.
struct TapeValues: RecordedValues {
    let contents: TapeContents

    func type(of slot: Int) -> TensorType { contents.values[slot].type }

    func producer(of slot: Int) -> (kind: Node.Kind, inputs: [Int])? {
        entry(of: slot).map { index in
            let entry = contents.entries[index]
            return (entry.kind, Array(contents.inputs[entry.inputs]))
        }
    }

    /// Entries come in the order of their outputs.
    private func entry(of slot: Int) -> Int? {
        var (low, high) = (0, contents.entries.count)
        while low < high {
            let middle = (low + high) / 2
            if contents.entries[middle].outputs.upperBound <= slot {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < contents.entries.count, contents.entries[low].outputs.contains(slot) else {
            return nil
        }
        return low
    }

    func dataExtents(behind slot: Int) -> Set<Int> {
        var extents: Set<Int> = []
        var isReached = [Bool](repeating: false, count: contents.values.count)
        isReached[slot] = true
        for entry in contents.entries[..<(entry(of: slot).map { $0 + 1 } ?? 0)].reversed()
        where entry.outputs.contains(where: { isReached[$0] }) {
            for input in contents.inputs[entry.inputs] where !isReached[input] {
                isReached[input] = true
                if !contents.values[input].isActive {
                    extents.formUnion(contents.values[input].type.shape.extents)
                }
            }
        }
        // Arrays that are differentiated at are data, too.
        for leaf in contents.leaves where leaf.parameter == nil && isReached[leaf.slot] {
            extents.formUnion(contents.values[leaf.slot].type.shape.extents)
        }
        return extents
    }

    func calledReduction(of slot: Int) -> LossReduction? {
        guard let index = entry(of: slot), case .custom(let rule) = contents.entries[index].kind,
            let call = rule as? CallGradient
        else { return nil }
        return call.reduction(ofOutput: slot - contents.entries[index].outputs.lowerBound)
    }
}

/// The symbols of a trace.
struct SymbolValues: RecordedValues {
    struct Value: Hashable {
        let symbol: Symbol
        static func == (a: Value, b: Value) -> Bool { a.symbol === b.symbol }
        func hash(into hasher: inout Hasher) { hasher.combine(symbol.name) }
    }

    func type(of value: Value) -> TensorType { value.symbol.type }

    func producer(of value: Value) -> (kind: Node.Kind, inputs: [Value])? {
        (value.symbol.node.kind, value.symbol.node.inputs.map { Value(symbol: $0) })
    }

    func dataExtents(behind value: Value) -> Set<Int> {
        var extents: Set<Int> = []
        var isReached: Set<ObjectIdentifier> = [ObjectIdentifier(value.symbol.node)]
        var pending = [value.symbol.node]
        while let node = pending.popLast() {
            if case .captured(let source) = node.kind,
                unsafeDowncast(source, to: TraceSource.self).isData
            {
                for type in node.types { extents.formUnion(type.shape.extents) }
            }
            for input in node.inputs
            where isReached.insert(ObjectIdentifier(input.node)).inserted {
                pending.append(input.node)
            }
        }
        return extents
    }

    func calledReduction(of value: Value) -> LossReduction? { nil }
}

extension TraceSource {
    /// Whether what comes from here depends on no parameter.
    fileprivate var isData: Bool {
        switch kind {
        case .argument, .array: true
        case .parameter, .gradient, .key: false
        }
    }
}
