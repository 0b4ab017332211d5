import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// The checker finds what is wrong with spoiled plans.
@Suite struct PlanCheckerTests {
    private let graph: Graph
    private let facts: PlanFacts

    init() {
        let x = Symbol.variable("x", .f32, [8, 8])
        // Two branches that meet, then one that overwrites.
        let (a, b) = (x.softmax(), x.logSoftmax())
        graph = Graph([(a.matmul(b).exp()).softmax().sum(), a.transposed()], from: [x])
        facts = PlanFacts(ExecutionPlan(graph))
    }

    /// Moves a value: its writer and the readers that follow before the bytes are written again.
    private func moved(_ step: Int, to place: ExecutionPlan.Place) -> PlanFacts {
        var facts = facts
        let old = facts.steps[step].results[0].place
        facts.steps[step].results[0].place = place
        for reader in facts.steps.indices where reader > step {
            for index in facts.steps[reader].operands.indices
            where facts.steps[reader].operands[index].place == old {
                facts.steps[reader].operands[index].place = place
            }
            if facts.steps[reader].results[0].place == old { break }
        }
        return facts
    }

    private func problems(_ facts: PlanFacts) -> [String] {
        PlanChecker(graph, facts).problems()
    }

    @Test func theirOwnPlansAreFine() {
        #expect(problems(facts) == [])
        #expect(
            facts.steps.map { type(of: $0.op).name } == [
                "softmax", "log_softmax", "matmul", "unary", "softmax", "reduction",
            ])
    }

    @Test func sharedBytes() throws {
        // The product over its own operand.
        let operand = facts.steps[1].results[0].place
        let product = problems(moved(2, to: operand))
        #expect(product.contains { $0.contains("share bytes") }, "\(product)")
        // A value over the scratch memory of the step that reads it, or half over another.
        guard case .arena(let offset) = operand else { throw PlanRun.Failure(description: "") }
        let half = problems(moved(2, to: .arena(offset + 64)))
        #expect(half.contains { $0.contains("share bytes") }, "\(half)")
        // Over what a call returns.
        let returned = problems(moved(2, to: facts.steps[0].results[0].place))
        #expect(returned.contains { $0.contains("share bytes") }, "\(returned)")
    }

    @Test func missingOrder() {
        for (step, dependency) in [(2, 0), (2, 1), (3, 2), (5, 4)] {
            var facts = facts
            facts.steps[step].dependencies.removeAll { $0 == dependency }
            let found = problems(facts)
            #expect(found.contains { $0.contains("maybe too early") }, "\(step): \(found)")
        }
        var backward = facts
        backward.steps[1].dependencies.append(3)
        #expect(problems(backward).contains { $0.contains("not before it") })
    }

    @Test func wrongPlaces() {
        var misaligned = moved(1, to: .arena(4))
        misaligned.arenaByteCount += 1024
        #expect(!problems(misaligned).isEmpty)
        var small = facts
        small.arenaByteCount -= 64
        #expect(!problems(small).isEmpty)
        var elsewhere = facts
        elsewhere.steps[3].operands[0].place = .input(0)
        #expect(problems(elsewhere).contains { $0.contains("wrong operand") })
        var turned = facts
        turned.outputs[1].layout = Layout(dense: [8, 8])
        #expect(problems(turned).contains { $0.contains("output 1 is elsewhere") })
        var scratch = facts
        if let step = facts.steps.firstIndex(where: { $0.scratch.byteCount > 0 }) {
            scratch.steps[step].scratch.byteCount = 0
            #expect(problems(scratch).contains { $0.contains("scratch") })
        }
        var buffer = facts
        buffer.outputBuffers[0] = TensorType(.f32, [1])
        #expect(problems(buffer).contains { $0.contains("does not fit") })
    }

    @Test func wrongLists() {
        var spoiled = facts
        spoiled.memory = ExecutionPlan(Network.all[0].graph).memory
        let found = problems(spoiled)
        #expect(found.contains { $0.contains("is listed, but not there") })
        #expect(found.contains { $0.contains("is not listed") })
    }
}
