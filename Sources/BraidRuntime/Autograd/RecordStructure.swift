import BraidCore
import BraidGraph

/// Everything that the gradient graph of a record follows from: the operators with their attributes,
/// how values flow between them, types, which values were saved and where their elements stand, and
/// what is differentiated by what. Records with equal structures have the same gradient graph.
struct RecordStructure: Sendable {
    /// What is differentiated, and where: slots.
    struct Request: Equatable, Sendable {
        let output: Int
        let hasSeed: Bool
        let targets: [Int]
    }

    private struct Entry: Sendable {
        let function: Function
        let inputs: Range<Int>
        let outputs: Range<Int>
    }

    fileprivate enum Function: Sendable {
        case operation(any Operator)
        /// By number: the call's trace holds parameters, which the structure must not keep.
        case call(UInt64)
    }

    private struct Value: Sendable {
        let type: TensorType
        let saved: Saved
    }

    private enum Saved: Equatable {
        case no, dense
        case strided(Strides)

        init(_ body: ArrayBody?) {
            self = body.map { $0.isDense ? .dense : .strided($0.view.strides) } ?? .no
        }
    }

    private let entries: [Entry]
    private let inputs: [Int]
    private let values: [Value]
    private let request: Request

    /// Entries above which a record has no hash: compiling it takes too long to be worth it for one
    /// that may not come again.
    private static let entryLimit = 1 << 13

    /// - Precondition: the record has a hash.
    init(_ contents: TapeContents, _ request: Request) {
        entries = contents.entries.map {
            Entry(function: Function($0.kind)!, inputs: $0.inputs, outputs: $0.outputs)
        }
        inputs = contents.inputs
        values = contents.values.map { Value(type: $0.type, saved: Saved($0.saved)) }
        self.request = request
    }

    /// The number of operators.
    var size: Int { entries.count }

    /// Whether this is the structure of a record and a request.
    func matches(_ contents: TapeContents, _ request: Request) -> Bool {
        guard self.request == request, inputs == contents.inputs,
            entries.count == contents.entries.count, values.count == contents.values.count
        else { return false }
        for (entry, other) in zip(entries, contents.entries) {
            guard entry.inputs == other.inputs, entry.outputs == other.outputs,
                entry.function.isEqual(to: other.kind)
            else { return false }
        }
        for (value, other) in zip(values, contents.values) {
            guard value.type == other.type, value.saved == Saved(other.saved) else { return false }
        }
        return true
    }

    /// A number that equal structures share; nil for a record that is not worth compiling, or whose
    /// gradient rules are closures, which may do something else each time.
    ///
    /// Made when a gradient is wanted and not while recording, so that what is recorded in vain does
    /// not pay for it.
    static func hash(_ contents: TapeContents, _ request: Request) -> Int? {
        if contents.entries.count > entryLimit { return nil }
        var hasher = Hasher()
        hasher.combine(request.output)
        hasher.combine(request.hasSeed)
        for target in request.targets { hasher.combine(target) }
        for entry in contents.entries {
            hasher.combine(entry.inputs.upperBound)
            switch entry.kind {
            case .operation(let op):
                hasher.combine(ObjectIdentifier(type(of: op)))
                op.hash(into: &hasher)
            case .custom(let rule):
                guard let call = rule as? CallGradient, !call.hasClosures else { return nil }
                hasher.combine(call.number)
            case .variable, .randomKey, .captured: return nil
            }
        }
        for input in contents.inputs { hasher.combine(input) }
        // The types of results follow from those of leaves and constants.
        for value in contents.values where !value.isActive { hasher.combine(value.type) }
        for leaf in contents.leaves { hasher.combine(contents.values[leaf.slot].type) }
        return hasher.finalize()
    }
}

extension RecordStructure.Function {
    /// Nil for a closure.
    fileprivate init?(_ kind: Node.Kind) {
        switch kind {
        case .operation(let op): self = .operation(op)
        case .custom(let rule):
            guard let call = rule as? CallGradient else { return nil }
            self = .call(call.number)
        case .variable, .randomKey, .captured: return nil
        }
    }

    fileprivate func isEqual(to kind: Node.Kind) -> Bool {
        switch (self, kind) {
        case (.operation(let a), .operation(let b)): Self.isEqual(a, b)
        case (.call(let number), .custom(let rule)): (rule as? CallGradient)?.number == number
        default: false
        }
    }

    private static func isEqual<A: Operator, B: Operator>(_ a: A, _ b: B) -> Bool {
        // Not `b as? A`, which takes as long as a small operator does. Safe: it is that type.
        A.self == B.self && a == unsafeBitCast(b, to: A.self)
    }
}
