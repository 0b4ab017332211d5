import BraidCore
import BraidOperators
public import BraidParallel
import BraidPlatform
public import BraidRuntime

/// One step of data-parallel training: the shards of a global batch go forward and backward, their
/// gradients come together in a key-value store, and the trainer moves the parameters.
///
/// Workers are replicas on the engine's one pool: so many shards are in flight together. They share the
/// parameters. Results follow from the number of shards alone: any number of workers and threads, and
/// hybridized or not, gives the same bits.
///
/// Running averages, such as batch normalisation's, move once a step: towards the mean over the shards, each
/// weighted by its number of samples, which the store sums up as it does gradients. A layer that is called
/// several times moves its averages as often, in the order of the calls.
///
/// ```swift
/// let step = DataParallelStep(trainer, shards: Shards(4), workers: 2) { images, labels in
///     let scores = network(images)
///     return (softmaxCrossEntropy(scores, labels), scores)
/// }
/// for batch in loader { let (losses, scores) = step(batch.input, batch.label) }
/// ```
public final class DataParallelStep: Sendable {
    /// From samples and labels to a loss for each sample, and scores.
    public typealias Forward = @Sendable (NDArray, NDArray) -> (losses: NDArray, scores: NDArray)

    private let trainer: Trainer
    private let store: any KeyValueStore
    private let workers: Int
    /// From a shard's samples and labels to losses, scores, the gradients of the losses' sum, and what
    /// running averages move towards, times the number of samples.
    private let differentiate: @Sendable ([NDArray]) -> [NDArray]
    /// Moves the parameters along the sums of gradients, then the running averages towards those of what
    /// shards observed; the last array is the scale that makes means of sums.
    private let update: @Sendable ([NDArray]) -> [NDArray]

    /// A step.
    /// - Parameters:
    ///   - trainer: moves the parameters; gradients are computed at those whose `gradientMode` is not
    ///     `.none`.
    ///   - shards: into how many parts batches are cut.
    ///   - workers: how many shards are computed at a time.
    ///   - options: how the step is compiled; nil runs it operator by operator.
    ///   - forward: computes losses and scores; it is recorded. It must use all trained parameters,
    ///     and change none but by `moveAverage`.
    /// - Precondition: `workers` is in `1...shards.count`.
    public init(
        _ trainer: Trainer, shards: Shards = Shards(4), workers: Int = 1,
        hybridizedWith options: HybridOptions? = HybridOptions(), _ forward: @escaping Forward
    ) {
        ArrayError.check(
            (1...shards.count).contains(workers), in: "data-parallel step",
            "\(workers) workers for \(shards.count) shards; there must be 1 to as many as shards")
        self.trainer = trainer
        self.workers = workers
        store = LocalStore(shards)
        // Which averages `forward` moves. It does the same for every shard, and a traced one is asked once.
        let averages = Averages()
        let differentiate: @Sendable ([NDArray]) -> [NDArray] = { arrays in
            let ((losses, scores), moves) = AverageMoves.collecting {
                Autograd.record { forward(arrays[0], arrays[1]) }
            }
            averages.known.withLock { $0 = moves.map { ($0.parameter, $0.momentum) } }
            let samples = Double(arrays[0].shape[0])
            return [losses, scores] + losses.gradients(at: trainer.trained)
                + moves.map { $0.observed * samples }
        }
        let update: @Sendable ([NDArray]) -> [NDArray] = { arrays in
            let (sums, scale) = (arrays.dropLast(), arrays.last!)
            let known = averages.known.withLock { $0 }
            // All parameters and averages move, or none.
            GuardedChanges.run(
                dependingOn: Array(sums),
                keeping: trainer.changedBySteps + known.map(\.parameter)
            ) {
                trainer.step(Array(sums.dropLast(known.count)), scale: scale)
                for ((parameter, momentum), sum) in zip(known, sums.suffix(known.count)) {
                    let mean = sum * scale.cast(to: sum.dtype)
                    AverageMoves.Move(parameter, toward: mean, by: momentum).make()
                }
            }
            return []
        }
        if let options {
            let (first, second) = (
                hybridize(options: options, differentiate), hybridize(options: options, update)
            )
            self.differentiate = { first($0) }
            self.update = { second($0) }
        } else {
            self.differentiate = differentiate
            self.update = update
        }
    }

    /// Trains with one global batch.
    /// - Parameters:
    ///   - inputs: `[batch, …]`.
    ///   - labels: `[batch, …]`.
    /// - Returns: losses and scores of all samples, in their order.
    /// - Precondition: both have as many samples, at least one.
    public func callAsFunction(
        _ inputs: NDArray, _ labels: NDArray
    ) -> (losses: NDArray, scores: NDArray) {
        ArrayError.check(
            inputs.rank > 0 && labels.rank > 0 && inputs.shape[0] == labels.shape[0]
                && inputs.shape[0] > 0,
            in: "data-parallel step", "\(inputs.type) samples with \(labels.type) labels")
        let batchSize = inputs.shape[0]
        var losses: [NDArray] = []
        var scores: [NDArray] = []
        var keyCount: Int?
        var emptyShards: [Int] = []
        // What the shards in flight compute, the first one pushed first.
        var inFlight: [[NDArray]] = []
        for shard in 0..<store.shards.count {
            let samples = store.shards.samples(of: shard, batchSize: batchSize)
            guard !samples.isEmpty else {
                emptyShards.append(shard)
                continue
            }
            if inFlight.count == workers {
                // The calling thread helps meanwhile. A failure stays in the arrays, and whoever
                // reads them sees it.
                for array in inFlight.removeFirst() { try? array.waitUntilReady() }
            }
            let results = JobOwner.named("replica \(losses.count % workers)") {
                differentiate([inputs[samples], labels[samples]])
            }
            inFlight.append(results)
            losses.append(results[0])
            scores.append(results[1])
            keyCount = results.count - 2
            for (key, gradient) in results.dropFirst(2).enumerated() {
                store.push(gradient, key: key, shard: shard)
            }
        }
        let keys = 0..<keyCount!
        for shard in emptyShards {
            for key in keys { store.push(nil, key: key, shard: shard) }
        }
        // Some shard had samples, so every sum is there.
        _ = update(keys.map { store.pull($0)! } + [NDArray(1 / Double(batchSize))])
        return losses.count == 1
            ? (losses[0], scores[0]) : (concatenated(losses), concatenated(scores))
    }

    /// The running averages that are moved, in order, and their momenta.
    private final class Averages: Sendable {
        let known = Locked<[(parameter: Parameter, momentum: Double)]>([])
    }
}
