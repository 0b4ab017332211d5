import Braid
import BraidTestSupport
import Testing

@Suite(.printsSeed) struct LocalStoreTests {
    private func array(_ value: Float) -> NDArray { NDArray([value, 1]) }

    /// The sum over shards `low..<high` of the tree's level that has `width` shards a node.
    private func expected(_ values: [Float?]) -> Float? {
        var level = values
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { first in
                guard first + 1 < level.count, let right = level[first + 1] else {
                    return level[first]
                }
                return level[first].map { $0 + right } ?? right
            }
        }
        return level[0]
    }

    /// Whatever the order of pushes, the sum has the bits of the tree; also again, and by key.
    @Test func sumsHaveOneOrder() throws {
        Seeds.repeated(200) { generator in
            let store = LocalStore(Shards(generator.int(1...9)))
            for _ in 0..<2 {
                let values = (0..<2).map { _ in
                    (0..<store.shards.count).map { _ -> Float? in
                        generator.oneIn(4)
                            ? nil : Float(generator.int(-1_000_000...1_000_000)) * 1.1e-3
                    }
                }
                var pushes = (0..<2).flatMap { key in
                    (0..<store.shards.count).map { (key, $0) }
                }
                for index in pushes.indices.dropFirst().reversed() {
                    pushes.swapAt(index, generator.int(0...index))
                }
                for (key, shard) in pushes {
                    store.push(values[key][shard].map(array), key: key, shard: shard)
                }
                for key in [1, 0] {
                    let sum = try store.pull(key)?.scalars(as: Float.self).first
                    #expect(sum == expected(values[key]))
                }
            }
        }
    }

    @Test func samplesOfShardsAreEvenAndInOrder() {
        for count in 1...9 {
            let shards = Shards(count)
            for batchSize in 0...40 {
                let parts = (0..<count).map { shards.samples(of: $0, batchSize: batchSize) }
                #expect(parts.flatMap { Array($0) } == Array(0..<batchSize))
                let sizes = parts.map(\.count)
                #expect(sizes.max()! - sizes.min()! <= 1)
            }
        }
    }

    @Test func mistakesAreNamed() async {
        let twice = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let store = LocalStore(Shards(2))
            store.push(.ones([1]), key: 0, shard: 1)
            store.push(.ones([1]), key: 0, shard: 1)
        }
        let text = String(decoding: twice?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("shard 1 pushes twice"), "\(text)")
        let early = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let store = LocalStore(Shards(2))
            store.push(.ones([1]), key: 3, shard: 1)
            _ = store.pull(3)
        }
        let message = String(decoding: early?.standardErrorContent ?? [], as: UTF8.self)
        #expect(message.contains("key 3 is pulled before all 2 shards"), "\(message)")
    }

    @Test func arraysOfDifferentTypesAreRefused() throws {
        for other in [NDArray.ones([2]), .ones([1], dtype: .f64)] {
            let store = LocalStore(Shards(2))
            let error = #expect(throws: ArrayError.self) {
                try validating {
                    store.push(.ones([1]), key: 0, shard: 0)
                    store.push(other, key: 0, shard: 1)
                }
            }
            #expect(error?.code == .shapeMismatch)
            #expect(throws: EngineError.self) { try store.pull(0)?.waitUntilReady() }
        }
    }

    /// Code that goes on after a mistake inside `validating` gets numbers that are possible.
    @Test func impossibleNumbersOfShardsAreReported() throws {
        for count in [-1, 0, 1025, .max] {
            var shards = Shards(2)
            var samples = 0..<0
            #expect(throws: ArrayError.self) {
                try validating {
                    shards = Shards(count)
                    samples = shards.samples(of: 0, batchSize: 4)
                    let trainer = Trainer(
                        Dense(1, inputs: 1).parameters, .sgd(learningRate: 1))
                    let step = DataParallelStep(trainer, shards: Shards(count)) { x, _ in (x, x) }
                    _ = step(.ones([2, 1]), .ones([2]))
                }
            }
            #expect(shards.count == 1 && samples == 0..<4)
        }
    }
}
