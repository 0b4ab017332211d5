import Braid
import Testing

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

    @Test func batchesComeInOrder() throws {
        let loader = DataLoader(dataset, batchSize: 4)
        #expect(loader.batchCount == 3)
        #expect(try epoch(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])
        let whole = DataLoader(dataset, batchSize: 4, lastBatch: .discard)
        #expect(try epoch(whole) == [[0, 1, 2, 3], [4, 5, 6, 7]])
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
}
