import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Plans of small graphs by hand. Each is checked and run.
@Suite struct PlanTests {
    private let x = Symbol.variable("x", .f32, [8, 8])
    private let w = Symbol.variable("w", .f32, [8, 8])

    private func plan(
        _ outputs: [Symbol], from inputs: [Symbol], layouts: [Layout]? = nil
    ) throws -> ExecutionPlan {
        let graph = try Graph(outputs, from: inputs).verified()
        let plan = ExecutionPlan(graph, inputLayouts: layouts)
        #expect(PlanChecker(graph, plan).problems() == [])
        var generator = SeededGenerator(seed: 11)
        let arguments = generator.arguments(of: graph)
        let run = PlanRun(plan: plan)
        let results = try run(arguments, order: run.order, garbage: 0xA5, splitter: nil)
        #expect(try results == graph.evaluated(arguments))
        return plan
    }

    private func names(_ plan: ExecutionPlan) -> [String] {
        plan.steps.map { type(of: $0.op).name }
    }

    @Test func viewsHaveNoStep() throws {
        let plan = try plan([x.transposed()[0..<4].reshaped(to: [2, 16]).sum(over: 0)], from: [x])
        // The strides of the slice do not allow for the new shape.
        #expect(names(plan) == ["reshape", "reduction"])
        #expect(plan.steps[0].operands[0].place == .input(0))
        #expect(plan.steps[0].operands[0].layout.strides[0] == 1)
        #expect(try names(self.plan([x.reshaped(to: [4, 16]).exp()], from: [x])) == ["unary"])
    }

    @Test func outputsLieOutsideTheArena() throws {
        let y = x.matmul(w)
        let plan = try plan([y.transposed(), y, x, x[0], y], from: [x, w])
        #expect(plan.outputBuffers == [TensorType(.f32, [8, 8])])
        #expect(
            plan.outputs.map(\.place) == [.output(0), .output(0), .input(0), .input(0), .output(0)])
        #expect(plan.outputs[3].type == TensorType(.f32, [8]))
        // Nothing but scratch memory.
        #expect(plan.memory.values.allSatisfy { $0.role == .scratch })
    }

    @Test func constantsLieOutsideTheArena() throws {
        let graph = Graph([Symbol.range(count: 8) + x, .range(count: 8)], from: [x])
        let optimized = try OptimizationPipeline().run(on: graph).graph
        let plan = ExecutionPlan(optimized)
        #expect(plan.constants.map(\.type) == [TensorType(.f32, [8])])
        #expect(plan.outputs[1].place == .constant(0))
        #expect(PlanChecker(optimized, plan).problems() == [])
    }

    @Test func operandsAreCopiedWhereTheyHaveToBeDense() throws {
        let turned = x.transposed()
        let plan = try plan(
            [turned.softmax() + x.transposed().logSoftmax(), x.softmax()], from: [x])
        // One copy for both.
        #expect(
            names(plan) == ["copy", "softmax", "log_softmax", "binary", "softmax"])
        #expect(plan.memory.values.first?.role == .denseCopy)
        #expect(plan.memory.values.first?.lastStep == 2)
    }

    @Test func resultsOverwriteOperands() throws {
        let y = x.matmul(w)
        let chain = try plan([(y.exp().sin() + w).sum()], from: [x, w])
        let values = chain.memory.values.filter { $0.role != .scratch }
        #expect(values.map { $0.overwrites != nil } == [false, true, true, true])
        #expect(Set(values.map(\.offset)).count == 1)
        for value in values {
            if let old = value.overwrites.map({ chain.memory.values[$0] }) {
                #expect((old.lastStep, old.byteCount) == (value.firstStep - 1, value.byteCount))
            }
        }
        // The second operand of a difference, where the first is still wanted.
        let second = try plan([(w - y.exp()).sum()], from: [x, w])
        #expect(second.memory.values.filter { $0.overwrites != nil }.count == 2)
        // A comparison has smaller elements; a product reads all of its operands for each element.
        let other = try plan([(y .> 0).all(), y.matmul(y).sum()], from: [x, w])
        #expect(other.memory.values.allSatisfy { $0.overwrites == nil })
    }

    @Test func whatOthersReadIsNotOverwritten() throws {
        let y = x.matmul(w)
        // Nothing orders the two readers.
        let branches = try plan([y.exp().sum(), y.softmax().sum()], from: [x, w])
        let exponential = branches.memory.values.first { $0.firstStep == 1 && $0.role != .scratch }
        #expect(exponential?.overwrites == nil)
        // Here the other reader is before.
        let ordered = try plan([(y * y.sum()).sum()], from: [x, w])
        #expect(ordered.memory.values.contains { $0.overwrites != nil })
        // Not through another view of the same elements.
        let turned = try plan([(y + y.transposed()).sum()], from: [x, w])
        #expect(turned.memory.values.allSatisfy { $0.overwrites == nil })
        // Not what is returned.
        #expect(
            try plan([y, y.exp().sum()], from: [x, w]).memory.values.allSatisfy {
                $0.overwrites == nil
            })
    }

    /// A fused program may write over an operand that it reads no later than it writes.
    @Test func fusedProgramsSayWhatTheyOverwrite() throws {
        let (a, b) = (x.matmul(w), w.matmul(x))
        let early = a.exp()
        let graph = Graph([early.matmul(w).sum(), (early * b).softmax().sum()], from: [x, w])
        let fused = try PointwiseFusion().verifiedRun(on: graph)
        let node = try #require(fused.nodes.first { $0.op is FusedPointwise })
        let op = try #require(node.op as? FusedPointwise)
        // The first output is written before the second operand is read.
        #expect(op.mayOverwrite(input: 0, with: 0))
        #expect(op.mayOverwrite(input: 0, with: 1))
        #expect(!op.mayOverwrite(input: 1, with: 0))
        #expect(op.mayOverwrite(input: 1, with: 1))
        let plan = ExecutionPlan(fused)
        #expect(PlanChecker(fused, plan).problems() == [])
        #expect(plan.memory.values.filter { $0.overwrites != nil }.count == 2)
    }

    /// Branches that may run together have their own bytes, though in the plan's order one of them is
    /// done before the other begins.
    @Test func branchesDoNotShare() throws {
        let branches = (1...4).map { (x * Double($0)).softmax().sum() }
        let plan = try plan(branches, from: [x])
        let values = plan.memory.values
        for (index, value) in values.enumerated() {
            for other in values[..<index] where value.node / 4 != other.node / 4 {
                let (a, b) = (value.offset, other.offset)
                #expect(a + value.byteCount <= b || b + other.byteCount <= a)
            }
        }
        #expect(plan.arenaByteCount > plan.memory.boundByteCount)
        // In a row they share: two buffers are enough for any length.
        let chain = (1...9).reduce(x) { value, _ in value.softmax() }
        #expect(try self.plan([chain.sum()], from: [x]).arenaByteCount <= 2 * 512)
    }

    @Test func inputsMayBeStrided() throws {
        let turned = Layout(
            shape: [8, 8], strides: Layout(dense: [8, 8]).strides.reversed(2), offset: 0)
        let shifted = Layout(shape: [8, 8], strides: Strides(dense: [8, 10]), offset: 3)
        let plan = try plan(
            [x.matmul(w) + x, w.softmax(), x.transposed().softmax()], from: [x, w],
            layouts: [turned, shifted])
        // The transpose of a transposed array is dense.
        #expect(names(plan) == ["matmul", "binary", "copy", "softmax", "softmax"])
        #expect(plan.inputs.map(\.layout) == [turned, shifted])
    }

    @Test func emptyGraphsAndArrays() throws {
        let none = Symbol.variable("none", .f32, [0, 3])
        let plan = try plan([none.exp().sin() * 2, none.sum()], from: [none])
        #expect(plan.outputBuffers.map(\.byteCount) == [0, 4])
        let nothing = try self.plan([x], from: [x])
        #expect((nothing.steps.count, nothing.arenaByteCount) == (0, 0))
        #expect(nothing.memory.boundByteCount == 0)
    }

    @Test func dependenciesAreTheOperandsSteps() throws {
        let (a, b) = (x.exp(), w.exp())
        let plan = try plan([(a.transposed() + b).sum() + a.sum()], from: [x, w])
        #expect(plan.steps.map(\.dependencies) == [[], [], [0, 1], [2], [0], [3, 4]])
        #expect(plan.steps.map(\.node) == [2, 4, 5, 6, 7, 8])
    }

    /// Steps that run one after the other share what concurrent ones may not.
    @Test func sequentialPlansAreSmaller() throws {
        let branches = (1...4).map { (x * Double($0)).softmax().sum() }
        let graph = Graph(branches, from: [x])
        let plan = ExecutionPlan(graph, isSequential: true)
        #expect(PlanChecker(graph, plan).problems() == [])
        #expect(plan.steps.enumerated().dropFirst().allSatisfy { $1.dependencies.last == $0 - 1 })
        #expect(plan.arenaByteCount == plan.memory.boundByteCount)
        #expect(plan.arenaByteCount < ExecutionPlan(graph).arenaByteCount)
    }

    /// A graph of 10,000 steps, deep and with many branches, is planned in less than two seconds.
    @Test func planningIsFast() throws {
        var value = x
        var branches: [Symbol] = []
        for _ in 0..<2_500 {
            value = value.softmax()
            branches.append((value * 2).logSoftmax().sum())
        }
        let graph = Graph([value] + branches, from: [x])
        let start = clock()
        let plan = ExecutionPlan(graph)
        #expect(Double(clock() - start) / Double(CLOCKS_PER_SEC) < 2)
        #expect(plan.steps.count == 10_000)
    }
}

extension Strides {
    /// The first strides in reverse order.
    fileprivate func reversed(_ rank: Int) -> Strides {
        var result = Strides()
        for axis in 0..<rank { result[axis] = self[rank - 1 - axis] }
        return result
    }
}
