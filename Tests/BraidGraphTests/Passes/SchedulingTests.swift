import BraidCore
import BraidGraph
import BraidOperators
import Testing

@Suite struct SchedulingTests {
    private let x = Symbol.variable("x", .f32, [64])

    /// Large values that the program makes first and sums up afterwards.
    private func wide(_ count: Int) -> Graph {
        let column = x.reshaped(to: [64, 1])
        let large: [Symbol] = (0..<count).map { column.matmul(column.transposed()) * Double($0) }
        let sums: [Symbol] = large.map { $0.sum() }
        // All products come before the first sum.
        let whole = Graph(large + sums, from: [x])
        return Graph(
            nodes: whole.nodes, inputs: whole.inputs, outputs: Array(whole.outputs.suffix(count)))
    }

    @Test func largeValuesAreUsedUpAtOnce() throws {
        let graph = wide(8)
        let plan = ExecutionPlan(graph, isSequential: true)
        let result = try Scheduling().verifiedRun(on: graph)
        let scheduled = ExecutionPlan(result, isSequential: true)
        let large = 64 * 64 * 4
        #expect(plan.memory.boundByteCount >= 8 * large)
        #expect(scheduled.memory.boundByteCount < 3 * large)
        #expect(result.nodes.count == graph.nodes.count)
        #expect(
            Scheduling().run(on: graph).summary.hasPrefix("reordered the nodes: 32768 instead of"))
    }

    @Test func aGoodOrderIsKept() throws {
        let graph = Graph([(x + 1).exp().sum()], from: [x])
        let result = Scheduling().run(on: graph)
        #expect(result.summary == "kept the order, 512 bytes alive at most")
        #expect(result.graph.operatorNames == graph.operatorNames)
    }

    /// What replaces an input comes after the readers of its old value, wherever that saves bytes.
    @Test func updatesWaitForReaders() throws {
        let weight = Symbol.variable("weight", .f32, [64])
        let reads = (0..<4).map { (weight * x * Double($0)).reshaped(to: [64, 1]) }
        let updated = weight - reads[0].reshaped(to: [64])
        let products = reads.map { $0.matmul($0.transposed()) }
        let graph = Graph(products.map { $0.sum() } + [updated], from: [x, weight])
        let result = try Scheduling().verifiedRun(on: graph)
        let update = ExecutionPlan.Update(output: 4, replaces: 1)
        for candidate in [graph, result] {
            let plan = ExecutionPlan(candidate, updating: [update], isSequential: true)
            #expect(plan.outputs[4].place == .input(1))
        }
    }

    /// Work that grew with the square of the nodes would not end.
    @Test func manyNodes() throws {
        var values = [x]
        for index in 0..<50_000 { values.append(values[index / 2] + values[index]) }
        let graph = Graph([values.last!], from: [x])
        #expect(try Scheduling().verifiedRun(on: graph).nodes.count == graph.nodes.count)
    }
}
