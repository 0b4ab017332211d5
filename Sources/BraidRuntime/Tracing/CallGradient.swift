import BraidCore
import BraidGraph
import BraidPlatform
import Synchronization

/// How gradients flow back through a call of a traced graph.
///
/// The cotangents of an input are handed on one by one, so that the sum over several calls, and over
/// what is done with the input elsewhere, has the order that it has in plain code.
///
/// On a tape the call is one entry from the graph's inputs to its results and the values saved for
/// rules. The reverse pass over the graph is made once for each set of outputs that gradients reach,
/// as a graph over inputs, outputs and cotangents, and then built into the gradient at hand; being
/// made of operators it has gradients in turn.
final class CallGradient: CustomGradient {
    private static let count = Atomic<UInt64>(0)

    /// Names the rule.
    let number = CallGradient.count.wrappingAdd(1, ordering: .relaxed).newValue
    private let inputs: [Symbol]
    private let outputs: [Symbol]
    private let passes = Locked<[[Bool]: ReversePass]>([:])
    /// How results were made of samples, by their numbers.
    private let reductions = Locked<[Int: LossReduction]>([:])

    /// Whether closures are among the gradient rules, which may do something else each time.
    let hasClosures: Bool

    private struct ReversePass: Sendable {
        let graph: Graph
        /// What rules read that is no value of the call, behind the other inputs of the graph.
        let captures: [Symbol]
        /// For each input, which outputs of the graph are its cotangents.
        let positions: [Range<Int>]
    }

    init(inputs: [Symbol], outputs: [Symbol]) {
        self.inputs = inputs
        self.outputs = outputs
        hasClosures = TopologicalOrder(of: outputs).nodes.contains { node in
            switch node.kind {
            case .custom(let rule): (rule as? CallGradient)?.hasClosures ?? true
            case .operation, .variable, .captured, .randomKey: false
            }
        }
    }

    /// How a result was made of samples.
    func reduction(ofOutput index: Int) -> LossReduction {
        if let known = reductions.withLock({ $0[index] }) { return known }
        let found = LossReduction(of: SymbolValues(), at: outputs[index])
        reductions.withLock { $0[index] = found }
        return found
    }

    func cotangents(_ context: GradientContext) -> [[Symbol]] {
        let reached = context.cotangents.map { $0 != nil }
        let pass =
            passes.withLock { $0[reached] }
            ?? {
                // Outside all scopes: it is kept, and a trace that is open ends before.
                let made = Scopes.with(.unrecorded) { reversePass(for: reached) }
                passes.withLock { $0[reached] = made }
                return made
            }()
        let built = pass.graph.symbols(
            over: context.inputs + context.outputs + context.cotangents.compactMap(\.self)
                + pass.captures.map { $0.isRandomKey ? .randomKey() : $0 })
        return pass.positions.map { Array(built[$0]) }
    }

    private func reversePass(for reached: [Bool]) -> ReversePass {
        let heads = outputs.indices.filter { reached[$0] }.map { outputs[$0] }
        let cotangents = heads.map { Symbol.variable("cotangent", $0.dtype, $0.shape) }
        let found = gradientTerms(of: heads, cotangents: cotangents, at: inputs)
        var count = 0
        let positions = found.map { terms in
            defer { count += terms.count }
            return count..<count + terms.count
        }
        let known = Set(inputs.map(\.name))
        let captures = TopologicalOrder(of: found.flatMap(\.self)).nodes.map { Symbol($0) }.filter {
            $0.isSource && !known.contains($0.name)
        }
        let arguments = inputs + outputs + cotangents + captures
        let names = arguments.indices.map { "\($0)" }
        return ReversePass(
            graph: Graph(
                computing: found.flatMap(\.self), from: arguments, names: names),
            captures: captures, positions: positions)
    }
}

extension Symbol {
    /// Whether the value comes from outside a trace.
    fileprivate var isSource: Bool {
        if case .captured = node.kind { true } else { isRandomKey }
    }

    fileprivate var isRandomKey: Bool { if case .randomKey = node.kind { true } else { false } }
}
