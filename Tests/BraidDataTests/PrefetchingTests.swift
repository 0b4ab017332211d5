import Braid
import BraidPlatform
import BraidTestSupport
import Foundation
import Synchronization
import Testing

/// Loading ahead, on the engine's io lane. Serialized, as the tests count what the one engine does.
@Suite(.serialized) struct PrefetchingTests {
    // MARK: Order and content

    private func contents(
        _ dataset: some Dataset, workers: Int, prefetch: Int? = nil
    ) throws -> [[Float]] {
        let loader = DataLoader(
            dataset, batchSize: 4, shuffled: true, seed: 3, workers: workers, prefetch: prefetch)
        return try (0..<2).flatMap { _ in
            try loader.map { try $0.input.scalars(as: Float.self) }
        }
    }

    @Test(arguments: [
        Engine.Kind.threaded(threads: 1), .threaded(threads: 2), .serial, .simulated(seed: 5),
    ])
    func theSameBatchesForAnyNumberOfWorkers(kind: Engine.Kind) throws {
        let before = Runtime.engine.kind
        Runtime.use(Engine(kind))
        defer { Runtime.use(Engine(before)) }
        let dataset = Slow(count: 30).mappedInputs {
            // Drawn while others load, and while the loop itself draws.
            $0 + NDArray.uniform($0.shape)
        }
        let expected = try contents(dataset, workers: 0)
        #expect(expected.count == 16)
        #expect(Set(expected).count == 16)
        for workers in [1, 2, 4] {
            #expect(try contents(dataset, workers: workers) == expected, "\(workers) workers")
        }
        #expect(try contents(dataset, workers: 2, prefetch: 1) == expected)
        #expect(try contents(dataset, workers: 3, prefetch: 20) == expected)
    }

    /// The draws of the dataset leave those of the program as they are.
    @Test func loadersDrawFromASourceOfTheirOwn() throws {
        func draws(loading: Bool) throws -> [Float] {
            RandomSource.seed(11)
            let first = NDArray.uniform([2])
            if loading {
                let noisy = Slow(count: 8).mappedInputs { $0 + NDArray.uniform($0.shape) }
                for _ in DataLoader(noisy, batchSize: 2, seed: 4, workers: 2) {}
            }
            return try (first + NDArray.uniform([2])).scalars(as: Float.self)
        }
        #expect(try draws(loading: true) == draws(loading: false))
    }

    @Test func whatADatasetComputesIsNotRecorded() throws {
        let weight = Parameter(NDArray(Float(2)))
        let dataset = Slow(count: 4).mappedInputs { $0 * weight.wrappedValue }
        for workers in [0, 1] {
            let loss = Autograd.record {
                DataLoader(dataset, batchSize: 4, workers: workers).map { $0.input.sum() }[0]
                    + weight.wrappedValue
            }
            loss.backward()
            #expect(try weight.gradient!.scalar(as: Float.self) == 1)
            weight.gradient = nil
        }
    }

    // MARK: Overlap

    @Test func asManyBatchesAreLoadedAtATimeAsThereAreWorkers() throws {
        for workers in [1, 3] {
            let dataset = Slow(count: 24, milliseconds: 3)
            for batch in DataLoader(dataset, batchSize: 1, workers: workers, prefetch: 6) {
                _ = try batch.input.scalars(as: Float.self)
            }
            #expect(dataset.record.greatest == workers)
            #expect(dataset.record.count == 24)
        }
    }

    /// The loop computes while the next batches are loaded, and no more of them than asked for.
    @Test func batchesAreLoadedAheadAndNoFurther() throws {
        let dataset = Slow(count: 20, milliseconds: 0)
        var used = 0
        for _ in DataLoader(dataset, batchSize: 1, workers: 2, prefetch: 3) {
            used += 1
            try Runtime.waitAll()
            #expect(dataset.record.count == min(20, used + 3))
        }
    }

    // MARK: Failures

    @Test(arguments: [0, 1, 2, 4])
    func aFailureBelongsToItsBatch(workers: Int) throws {
        let dataset = Slow(count: 12, failing: 6)
        let loader = DataLoader(dataset, batchSize: 4, workers: workers)
        var sums: [Float?] = []
        var failures: [EngineError] = []
        for batch in loader {
            #expect(batch.input.type == TensorType(.f32, [4, 1]))
            #expect(batch.label.type == TensorType(.i64, [4]))
            let sum = (batch.input * 2).sum()
            do throws(EngineError) { sums.append(try sum.scalar(as: Float.self)) } catch {
                sums.append(nil)
                failures.append(error)
            }
            // Again and again.
            if sums.last! == nil {
                #expect(throws: EngineError.self) { try batch.label.waitUntilReady() }
            }
        }
        #expect(sums == [12, nil, 76])
        #expect(failures.map(\.job) == ["load batch 2 of epoch 1"])
        let origin = try #require(failures.first?.underlying as? SampleError)
        #expect(origin.index == 6)
        #expect(origin.underlying as? Missing == Missing(path: "/data/6.npy"))
        #expect(
            "\(failures[0])".hasPrefix(
                "job 'load batch 2 of epoch 1' failed: sample 6: /data/6.npy: no such file"))
        #expect(throws: EngineError.self) { try Runtime.waitAll() }
        #expect(throws: Never.self) { try Runtime.waitAll() }
    }

    @Test func otherTypesThanDeclaredAreFailures() throws {
        let wide = Slow(count: 4).mappedInputs { $0.reshaped(to: [$0.shape[0], 1, 1]) }
        let mapped = Array(DataLoader(wide, batchSize: 4, workers: 1))[0]
        let error = #expect(throws: EngineError.self) { try mapped.input.waitUntilReady() }
        let mismatch = try #require(error?.underlying as? DatasetTypeError)
        #expect(mismatch.given == [TensorType(.f32, [4, 1, 1]), TensorType(.i64, [4])])
        #expect(mismatch.expected == [TensorType(.f32, [4, 1]), TensorType(.i64, [4])])
        #expect(throws: EngineError.self) { try Runtime.waitAll() }
    }

    /// What stands for a batch that was not loaded needs no memory for its elements.
    @Test func samplesThatNoMemoryHoldsAreFailures() throws {
        for batch in DataLoader(Enormous(), batchSize: 1, workers: 1) {
            let error = #expect(throws: EngineError.self) { try batch.input.waitUntilReady() }
            #expect(error?.underlying is Missing)
            #expect(throws: EngineError.self) { try batch.label.waitUntilReady() }
        }
        #expect(throws: EngineError.self) { try Runtime.waitAll() }
    }

    /// Of a failure in a batch that nobody asked for nobody hears.
    @Test func unusedFailuresAreSilent() throws {
        for batch in DataLoader(Slow(count: 12, failing: 6), batchSize: 4, workers: 2) {
            #expect(try batch.input.scalars(as: Float.self) == [0, 1, 2, 3])
            break
        }
        try Runtime.waitAll()
    }

    // MARK: The end

    @Test func aLoopThatEndsEarlyLeavesNothingBehind() throws {
        func run() throws -> Slow.Record {
            let dataset = Slow(count: 1_000, milliseconds: 1, width: 10_000)
            for batch in DataLoader(dataset, batchSize: 1, workers: 2, prefetch: 8) {
                _ = try batch.input.sum().scalar(as: Float.self)
                break
            }
            return dataset.record
        }
        _ = try run()
        try Runtime.waitAll()
        let base = MemoryPool.liveByteCount
        for _ in 0..<10 {
            let record = try run()
            try Runtime.waitAll()
            // Those whose turn had not come were not loaded.
            #expect(record.count < 9)
        }
        #expect(MemoryPool.liveByteCount == base)
    }

    @Test func datasetsAreReleasedAndThreadsEnd() throws {
        weak var record: Slow.Record?
        do {
            let dataset = Slow(count: 50)
            record = dataset.record
            for (index, _) in DataLoader(dataset, batchSize: 2, workers: 4).enumerated()
            where index == 5 { break }
        }
        try Runtime.waitAll()
        #expect(record == nil)
        #expect(Runtime.engine.counters.ioThreads > 0)
        Runtime.engine.stop()
        #expect(Runtime.engine.counters.ioThreads == 0)
    }
}

/// A sample that is too large for every machine.
private struct Enormous: Dataset {
    let count = 1
    let inputType = TensorType(.f32, [1 << 31, 1 << 10])
    let labelType = TensorType(.i64, [])
    func batch(at indices: [Int]) throws -> Batch { throw Missing(path: "enormous") }
}

/// Rows of their own numbers that take some time, each another, and of which one may be missing.
private struct Slow: SampleDataset {
    /// What was loaded.
    final class Record: Sendable {
        private let state = Locked((count: 0, running: 0, greatest: 0))
        var count: Int { state.withLock { $0.count } }
        /// The largest number of samples that were loaded at a time.
        var greatest: Int { state.withLock { $0.greatest } }

        func during<R>(_ body: () throws -> R) rethrows -> R {
            state.withLock {
                $0.count += 1
                $0.running += 1
                $0.greatest = max($0.greatest, $0.running)
            }
            defer { state.withLock { $0.running -= 1 } }
            return try body()
        }
    }

    let count: Int
    var milliseconds: Double?
    var failing: Int?
    var width = 1
    let record = Record()

    init(count: Int, milliseconds: Double? = nil, failing: Int? = nil, width: Int = 1) {
        self.count = count
        self.milliseconds = milliseconds
        self.failing = failing
        self.width = width
    }

    var inputType: TensorType { TensorType(.f32, [width]) }
    let labelType = TensorType(.i64, [])

    func sample(at index: Int) throws -> LabeledSample {
        try record.during {
            usleep(UInt32(1_000 * (milliseconds ?? Double(index * 7 % 5) / 10)))
            if index == failing { throw Missing(path: "/data/\(index).npy") }
            return LabeledSample(
                input: NDArray(Array(repeating: Float(index), count: width)),
                label: NDArray(Int64(index)))
        }
    }
}
