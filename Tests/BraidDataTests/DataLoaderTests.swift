import Braid
import BraidPlatform
import Foundation
import Testing

/// What batches a loader gives.
struct DataLoaderTests {
    private let dataset = ArrayDataset(
        inputs: NDArray((0..<10).map { Float($0) }, shape: [10, 1]),
        labels: NDArray((0..<10).map { Int64($0) }))

    private func epoch(_ loader: DataLoader) throws -> [[Int64]] {
        try loader.map { batch in
            let labels = try batch.label.scalars(as: Int64.self)
            #expect(try batch.input.scalars(as: Float.self) == labels.map { Float($0) })
            #expect(batch.input.shape == [batch.count, 1])
            return labels
        }
    }

    @Test(arguments: [0, 2, .max])
    func batchesComeInOrder(workers: Int) throws {
        let loader = DataLoader(dataset, batchSize: 4, workers: workers)
        #expect(loader.batchCount == 3)
        #expect(try epoch(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
        let whole = DataLoader(dataset, batchSize: 4, lastBatch: .discard, workers: workers)
        #expect(whole.batchCount == 2)
        #expect(try epoch(whole) == [[0, 1, 2, 3], [4, 5, 6, 7]])
        #expect(try epoch(DataLoader(dataset.prefix(0), batchSize: 4, workers: workers)) == [])
        if workers == 0 { return }
        let ahead = DataLoader(dataset, batchSize: 5, workers: workers, prefetch: .max)
        #expect(try epoch(ahead) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]])
    }

    /// After a mistake inside `validating` the code goes on, and must not stop the process.
    @Test(arguments: [(0, 3), (2, 0), (-1, 1)])
    func mistakesLeaveALoaderThatWorks(workers: Int, prefetch: Int) {
        #expect(throws: ArrayError.self) {
            try validating {
                let loader = DataLoader(
                    dataset, batchSize: 4, workers: workers, prefetch: prefetch)
                #expect(loader.map(\.count) == [4, 4, 2])
            }
        }
    }

    @Test func aBatchMayBeLargerThanTheDataset() throws {
        let loader = DataLoader(dataset, batchSize: .max)
        #expect(loader.batchCount == 1)
        #expect(try epoch(loader) == [Array(0..<10)])
    }

    @Test func leftoverSamplesComeFirstInTheNextEpoch() throws {
        let loader = DataLoader(dataset, batchSize: 4, lastBatch: .rollover)
        #expect(loader.batchCount == 2)
        #expect(try epoch(loader) == [[0, 1, 2, 3], [4, 5, 6, 7]])
        #expect(loader.batchCount == 3)
        #expect(try epoch(loader) == [[8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9]])
        #expect(loader.batchCount == 2)
        // An epoch that ends early leaves over what a whole one does.
        for _ in loader { break }
        #expect(try epoch(loader)[0] == [8, 9, 0, 1])
        // Of fewer samples than a batch nothing comes until there are enough.
        let few = DataLoader(dataset.prefix(3), batchSize: 4, lastBatch: .rollover)
        #expect(try epoch(few) == [])
        #expect(try epoch(few) == [[0, 1, 2, 0]])
    }

    @Test func shufflingFollowsTheSeedAndTheEpoch() throws {
        func epochs(seed: UInt64) throws -> [[Int64]] {
            let loader = DataLoader(dataset, batchSize: 3, shuffled: true, seed: seed)
            return try (0..<3).map { _ in try epoch(loader).flatMap { $0 } }
        }
        let first = try epochs(seed: 1)
        for order in first { #expect(order.sorted() == Array(0..<10)) }
        #expect(first[0] != first[1])
        #expect(try epochs(seed: 1) == first)
        #expect(try epochs(seed: 2) != first)
    }

    @Test func loadersWithoutASeedDrawOne() throws {
        func orders() throws -> [[Int64]] {
            RandomSource.seed(6)
            // As in a loop over epochs that makes its loader anew.
            let shuffled = try (0..<3).map { _ in
                try epoch(DataLoader(dataset, batchSize: 3, shuffled: true)).flatMap { $0 }
            }
            let sampled = try (0..<2).map { _ in
                try epoch(DataLoader(dataset, batchSize: 3, sampler: RandomSampler())).flatMap {
                    $0
                }
            }
            // What a dataset draws.
            let drawn = try (0..<2).map { _ in
                let noisy = dataset.mappedInputs { $0 + NDArray.uniform($0.shape) }
                return try DataLoader(noisy, batchSize: 10).flatMap {
                    try $0.input.scalars(as: Float.self).map { Int64($0 * 1_000_000) }
                }
            }
            return shuffled + sampled + drawn
        }
        let first = try orders()
        #expect(Set(first).count == first.count)
        #expect(try orders() == first)
        RandomSource.seed(7)
        #expect(
            try epoch(DataLoader(dataset, batchSize: 3, shuffled: true)).flatMap { $0 } != first[0])
    }

    /// Every other sample, twice.
    private struct Chosen: Sampler {
        func sampleCount(of count: Int) -> Int { count / 2 * 2 }
        func samples(of count: Int, epoch: Int) -> [Int] {
            (0..<(count / 2)).flatMap { (pair: Int) -> [Int] in
                let sample = 2 * pair + epoch % 2
                return [sample, sample]
            }
        }
    }

    @Test func samplersDecideWhatComes() throws {
        let loader = DataLoader(dataset, batchSize: 8, sampler: Chosen(), workers: 1)
        #expect(loader.batchCount == 2)
        #expect(try epoch(loader) == [[0, 0, 2, 2, 4, 4, 6, 6], [8, 8]])
        #expect(try epoch(loader) == [[1, 1, 3, 3, 5, 5, 7, 7], [9, 9]])
    }

    /// All samples as they stand, from what asks its loader for something.
    private struct Asking: Sampler {
        let loader = Locked<DataLoader?>(nil)
        func samples(of count: Int, epoch: Int) -> [Int] {
            let batchCount = loader.withLock { $0 }?.batchCount
            return batchCount == nil ? [] : Array(0..<count)
        }
    }

    @Test func samplersMayAskTheirLoader() throws {
        let sampler = Asking()
        let loader = DataLoader(dataset, batchSize: 4, sampler: sampler, lastBatch: .rollover)
        sampler.loader.withLock { $0 = loader }
        let batches = Locked<[[Int]]>([])
        let thread = Thread {
            for _ in 0..<2 {
                let counts = loader.map(\.count)
                batches.withLock { $0.append(counts) }
            }
        }
        thread.start()
        let end = Date(timeIntervalSinceNow: 20)
        while !thread.isFinished, Date() < end { Thread.sleep(forTimeInterval: 0.005) }
        #expect(batches.withLock { $0 } == [[4, 4], [4, 4, 4]])
    }

    // MARK: Datasets made from others

    @Test func partsTogetherAreTheWhole() throws {
        for count in [1, 3, 4, 10, 12] {
            let parts = (0..<count).map { dataset.shard($0, of: count) }
            #expect(parts.map(\.count).reduce(0, +) == 10)
            #expect(parts.map(\.count).max()! - parts.map(\.count).min()! <= 1)
            let all = try parts.flatMap { part in
                try epoch(DataLoader(part, batchSize: 100)).flatMap { $0 }
            }
            #expect(all == Array(0..<10))
        }
        #expect(try epoch(DataLoader(dataset.prefix(3), batchSize: 5)) == [[0, 1, 2]])
        #expect(dataset.prefix(30).count == 10)
        let nested = dataset.samples(at: [7, 1, 7, 3]).prefix(3)
        #expect(try epoch(DataLoader(nested, batchSize: 5)) == [[7, 1, 7]])
    }

    @Test func filtersLookAtEachSample() throws {
        let odd = try dataset.filtered { try $0.label.scalar(as: Int64.self) % 2 == 1 }
        #expect(try epoch(DataLoader(odd, batchSize: 3)) == [[1, 3, 5], [7, 9]])
        #expect(throws: Missing.self) {
            _ = try dataset.filtered { _ in throw Missing(path: "x") }
        }
    }

    @Test func functionsAreAppliedWhenABatchIsLoaded() throws {
        let mapped = dataset.mapped { batch in
            Batch(input: batch.input * 2, label: batch.label + 1)
        }.mappedInputs(to: TensorType(.f64, [])) { $0.cast(to: .f64).squeezed(at: 1) }
        #expect(mapped.inputType == TensorType(.f64, []))
        #expect(mapped.labelType == TensorType(.i64, []))
        let batches = Array(DataLoader(mapped, batchSize: 6, workers: 2))
        #expect(try batches[1].input.scalars(as: Double.self) == [12, 14, 16, 18])
        #expect(try batches[1].label.scalars(as: Int64.self) == [7, 8, 9, 10])
    }

    @Test func samplesAreStacked() throws {
        let squares = Squares()
        let batches = Array(DataLoader(squares, batchSize: 3, workers: 1))
        #expect(batches.map(\.count) == [3, 2])
        #expect(try batches[1].input.scalars(as: Float.self) == [3, 9, 4, 16])
        #expect(batches[1].input.shape == [2, 2])
        #expect(try batches[1].label.scalars(as: Int64.self) == [3, 4])
        #expect(try squares.batch(at: []).input.type == TensorType(.f32, [0, 2]))
    }
}

/// What datasets of the tests throw.
struct Missing: Error, Equatable, CustomStringConvertible {
    let path: String
    var description: String { "\(path): no such file" }
}

/// Numbers with their squares.
private struct Squares: SampleDataset {
    let count = 5
    let inputType = TensorType(.f32, [2])
    let labelType = TensorType(.i64, [])
    func sample(at index: Int) -> LabeledSample {
        LabeledSample(
            input: NDArray([Float(index), Float(index * index)]), label: NDArray(Int64(index)))
    }
}
