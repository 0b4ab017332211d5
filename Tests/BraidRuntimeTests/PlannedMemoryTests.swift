import Braid
import BraidTestSupport
import Testing

/// What calls of compiled graphs really ask the allocator for, against what plans report.
@Suite(.serialized, .printsSeed) struct PlannedMemoryTests {
    /// Checks a graph's first call, with nothing cached: the allocator's high-water mark rises by the
    /// arena and the outputs, and by nothing else that stays.
    private func check(_ graph: Graph, _ arguments: [NDArray]) throws {
        let compiled = graph.compiled()
        for argument in arguments { try argument.waitUntilReady() }
        try Runtime.waitAll()
        func size(_ byteCount: Int) -> Int { MemoryPool.sizeClass(for: byteCount).byteCount }
        let outputs = compiled.plan.outputBuffers.map { size($0.byteCount) }
        let arena = size(compiled.plan.memory.plannedByteCount)
        // Steps of many operands take their views from the pool, one step after the other.
        let views = Set(
            compiled.plan.steps.map { $0.operands.count + $0.results.count }
                .filter { $0 > ExecutionPlan.Step.viewsOnStack }
                .map { size($0 * MemoryLayout<TensorView>.stride) }
        ).count

        MemoryPool.trim()
        let requests = MemoryPool.systemRequestCount
        let base = MemoryPool.liveByteCount
        var results = compiled(arguments)
        try Runtime.waitAll()
        // Nothing was cached, so that each block in use at one time was a request.
        #expect(MemoryPool.systemRequestCount - requests == 1 + views + outputs.count)
        #expect(MemoryPool.liveByteCount - base == arena + outputs.reduce(0, +))
        // The arena is there; the outputs of the call before are still held.
        results += compiled(arguments)
        try Runtime.waitAll()
        #expect(MemoryPool.systemRequestCount - requests == 1 + views + 2 * outputs.count)
        #expect(MemoryPool.liveByteCount - base == arena + 2 * outputs.reduce(0, +))
        results = []
        #expect(MemoryPool.liveByteCount - base == arena)
        withExtendedLifetime((results, compiled)) {}
    }

    @Test func chainsOfLargeArrays() throws {
        let x = Symbol.variable("x", .f32, [300, 300])
        let y = (x.matmul(x).softmax() + x).matmul(x.transposed())
        let graph = try Graph(outputs: [y.sum(over: 0), y.exp().matmul(x)])
        // A plan with something in it.
        #expect(graph.compiled().plan.memory.plannedByteCount > 300 * 300 * 4)
        try check(graph, [.ones([300, 300]) * 0.01])
    }

    @Test func randomGraphs() {
        Seeds.repeated(60) { generator in
            let random = RandomGraph(
                generator.int(1...14), hasGradients: generator.oneIn(2), &generator)
            try check(
                random.graph,
                random.arguments.map { constant in
                    try NDArray(constant.type) { $0.copyBytes(from: constant.bytes) }
                })
        }
    }
}
