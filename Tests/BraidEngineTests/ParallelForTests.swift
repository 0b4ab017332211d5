import BraidEngine
import Testing

/// Jobs that split themselves over the pool.
@Suite struct ParallelForTests {
    @Test(arguments: Engine.Kind.all)
    func everyPieceRunsOnce(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            for count in [0, 1, 2, 3, 17, 1_000] {
                let inside = Cells(count)
                let outside = Cells(count)
                engine.push("split") { engine.parallelFor(count) { inside[$0] += 1 } }
                engine.parallelFor(count) { outside[$0] += 1 }
                try engine.waitAll()
                #expect((0..<count).allSatisfy { inside[$0] == 1 && outside[$0] == 1 })
            }
        }
    }

    @Test(arguments: Engine.Kind.all)
    func splitsNest(kind: Engine.Kind) throws {
        let engine = Engine(kind)
        try Watchdog.run(engine) {
            let cells = Cells(5 * 7)
            engine.push("split") {
                engine.parallelFor(5) { row in
                    engine.parallelFor(7) { column in cells[7 * row + column] += 1 }
                }
            }
            try engine.waitAll()
            #expect((0..<35).allSatisfy { cells[$0] == 1 })
        }
    }

    @Test func piecesOverlap() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            for _ in 0..<20 {
                engine.push("split") {
                    let barrier = Barrier(2)
                    engine.parallelFor(2) { _ in barrier.meet() }
                }
                try engine.waitAll()
                let barrier = Barrier(2)
                engine.parallelFor(2) { _ in barrier.meet() }
            }
        }
    }

    /// What is split goes on after its pieces, on whatever thread they run.
    @Test func piecesSuspendWhatIsSplit() throws {
        let engine = Engine(.threaded(threads: 2))
        try Watchdog.run(engine) {
            for _ in 0..<20 {
                let suspended = Counter()
                engine.push("split") {
                    let here = JobFrame.current
                    let barrier = Barrier(2)
                    engine.parallelFor(2) { _ in
                        barrier.meet()
                        if here == .current || here.isSuspendedByCaller { suspended.add() }
                    }
                }
                try engine.waitAll()
                #expect(suspended.count == 2)
            }
        }
    }

    @Test(arguments: Engine.Kind.threadCounts)
    func manyJobsSplitAtOnce(threads: Int) throws {
        let engine = Engine(.threaded(threads: threads))
        try Watchdog.run(engine) {
            let jobs = Effort.count(500, full: 20_000)
            let total = Counter()
            UserThread.run(2) { thread in
                for number in 0..<jobs {
                    if thread == 1, number % 10 == 0 {
                        engine.parallelFor(8) { _ in total.add() }
                    } else {
                        engine.push("split") { engine.parallelFor(8) { _ in total.add() } }
                    }
                }
            }
            try engine.waitAll()
            #expect(total.count == 2 * 8 * jobs)
        }
    }

    /// The results are there when the call returns.
    @Test func resultsAreVisibleToTheOwner() throws {
        let engine = Engine(.threaded(threads: 3))
        try Watchdog.run(engine) {
            let variable = Variable()
            let sums = Cells(1)
            for _ in 0..<Effort.count(1_000, full: 50_000) {
                engine.push("split", updates: [variable]) {
                    let parts = Cells(6)
                    engine.parallelFor(6) { parts[$0] = UInt64($0) }
                    for piece in 0..<6 { sums[0] += parts[piece] }
                }
            }
            try engine.waitAll()
            #expect(sums[0] == 15 * UInt64(Effort.count(1_000, full: 50_000)))
        }
    }
}
