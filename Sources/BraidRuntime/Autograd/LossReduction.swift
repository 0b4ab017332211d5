import BraidCore
import BraidOperators

/// How a loss was made of the samples' losses: the means, and the sums with what they are divided by, that
/// lie between the value that `backward()` was called on and the samples.
///
/// An optimiser's step divides sums over a batch by its size; a mean must not be divided again. What cannot be
/// told from a sum is taken for one: a sum that is divided by an array, and a mean over an axis beside
/// another one that is as long as the batch.
package struct LossReduction: Sendable {
    /// A mean or a sum over some axes.
    struct Part: Sendable {
        let isMean: Bool
        /// Extents of the axes that go, and of those that are kept.
        let reduced: [Int]
        let kept: [Int]
        /// Extents of axes that are summed over afterwards.
        let summed: [Int]
        /// The numbers that the result is divided by.
        let divisors: [Double]
        /// Extents of arrays in what is reduced that come from no parameter.
        let data: Set<Int>

        /// Whether samples of a batch of that size come together here.
        func isOverBatch(of batchSize: Int) -> Bool {
            func counts(_ extent: Int) -> Bool { extent > 0 && extent.isMultiple(of: batchSize) }
            // An axis of samples that is kept, or summed over later, is the batch's.
            return (reduced.contains(batchSize) || counts(reduced.reduce(1, *)))
                && !kept.contains(batchSize) && !summed.contains(where: counts)
                && data.contains(where: counts)
        }

        /// Whether a sum is divided by the number of samples or elements.
        func isDivided(by batchSize: Int) -> Bool {
            let counts = [Double(batchSize), Double(reduced.reduce(1, *))]
            return divisors.contains { divisor in
                // A half of a sum is usual; it is no mean over two samples.
                divisor > 2.5 && counts.contains { abs(divisor / $0 - 1) < 1e-6 }
            }
        }
    }

    private var parts: [Part] = []

    /// Whether there is anything that could be a mean.
    var hasAverages: Bool { parts.contains { $0.isMean || !$0.divisors.isEmpty } }

    /// Whether the loss is a mean over a batch of so many samples.
    package func isMean(over batchSize: Int) -> Bool {
        if batchSize < 2 { return false }
        let ofBatch = parts.filter { $0.isOverBatch(of: batchSize) }
        if ofBatch.contains(where: \.isMean) { return true }
        // Beside a sum over the batch that is not divided by its size, the number is the weight of a loss.
        return !ofBatch.isEmpty && ofBatch.allSatisfy { $0.isDivided(by: batchSize) }
    }
}

/// A record, as far as the search for averages reads it.
protocol RecordedValues {
    associatedtype Value
    func type(of value: Value) -> TensorType
    /// What made the value, and of what; nil where that is not known.
    func producer(of value: Value) -> (kind: Node.Kind, inputs: [Value])?
    /// Extents of arrays that a value depends on and that come from no parameter.
    func dataExtents(behind value: Value) -> Set<Int>
    /// What was found in the graph of a compiled function that the value comes from.
    func calledReduction(of value: Value) -> LossReduction?
}

extension LossReduction {
    /// So many values are looked at.
    private static let searchLimit = 64

    /// A value, and what was done with it afterwards.
    private struct Step<Value> {
        let value: Value
        var summed: [Int] = []
        var divisors: [Double] = []
    }

    /// Searches between a loss and its samples.
    init<Record: RecordedValues>(of record: Record, at root: Record.Value) {
        var pending = [Step(value: root)]
        var found: [(reduction: Reduction, step: Step<Record.Value>)] = []
        var rest = Self.searchLimit
        while let step = pending.popLast(), rest > 0 {
            rest -= 1
            func follow(_ value: Record.Value, dividedBy divisor: Double? = nil) {
                pending.append(
                    Step(
                        value: value, summed: step.summed,
                        divisors: step.divisors + (divisor.map { [$0] } ?? [])))
            }
            if let called = record.calledReduction(of: step.value) {
                parts += called.parts
                continue
            }
            guard let (kind, inputs) = record.producer(of: step.value),
                case .operation(let op) = kind, let first = inputs.first
            else { continue }
            switch op {
            case let reduction as Reduction
            where reduction.function == .mean || reduction.function == .sum:
                found.append(
                    (
                        reduction,
                        Step(value: first, summed: step.summed, divisors: step.divisors)
                    ))
                if reduction.function == .mean { continue }
                let (reduced, _) = Self.axes(of: reduction, in: record.type(of: first).shape)
                pending.append(
                    Step(
                        value: first, summed: step.summed + reduced, divisors: step.divisors))
            case let scalar as BinaryScalar:
                follow(first, dividedBy: Self.divisor(of: scalar))
            case is Binary:
                // What is broadcast has the samples' axis again.
                let shape = record.type(of: step.value).shape
                for input in inputs where record.type(of: input).shape == shape { follow(input) }
            case is Unary, is Cast, is Copy, is Reshape, is Transpose, is Concatenate:
                for input in inputs { follow(input) }
            default: continue
            }
        }
        // A search for data behind plain sums, which are most losses, would be for nothing.
        guard
            found.contains(where: { $0.function == .mean || !$1.divisors.isEmpty })
        else { return }
        for (reduction, step) in found {
            let (reduced, kept) = Self.axes(of: reduction, in: record.type(of: step.value).shape)
            parts.append(
                Part(
                    isMean: reduction.function == .mean, reduced: reduced, kept: kept,
                    summed: step.summed, divisors: step.divisors,
                    data: record.dataExtents(behind: step.value)))
        }
    }

    /// Extents of the axes that go, and of those that are kept.
    private static func axes(
        of reduction: Reduction, in shape: Shape
    ) -> (reduced: [Int], kept: [Int]) {
        let extents = shape.extents
        let axes = reduction.axes.map { $0.map { $0 < 0 ? $0 + extents.count : $0 } }
        let places = extents.indices
        return (
            places.filter { axes?.contains($0) ?? true }.map { extents[$0] },
            places.filter { !(axes?.contains($0) ?? true) }.map { extents[$0] }
        )
    }

    /// What an operator with a number divides by; nil when it does something else.
    private static func divisor(of scalar: BinaryScalar) -> Double? {
        switch scalar.function {
        case .divide where !scalar.isScalarFirst: abs(scalar.scalar)
        case .multiply where scalar.scalar != 0: abs(1 / scalar.scalar)
        default: nil
        }
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
    func type(of symbol: Symbol) -> TensorType { symbol.type }

    func producer(of symbol: Symbol) -> (kind: Node.Kind, inputs: [Symbol])? {
        (symbol.node.kind, symbol.node.inputs)
    }

    func dataExtents(behind symbol: Symbol) -> Set<Int> {
        var extents: Set<Int> = []
        var isReached: Set<ObjectIdentifier> = [ObjectIdentifier(symbol.node)]
        var pending = [symbol.node]
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

    func calledReduction(of symbol: Symbol) -> LossReduction? { nil }
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
