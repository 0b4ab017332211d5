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
/// Parameters that the losses do not depend on stay as they are. Several threads may call a step at the same
/// time: each trains with its own batch, and their updates come one after the other at every parameter.
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
    private let shards: Shards
    private let workers: Int
    private let options: HybridOptions?
    /// From a shard's samples and labels to losses, scores, the gradients of the losses' sum, and what
    /// running averages move towards, times the number of samples. The note is nil after a mistake.
    private let differentiate: @Sendable ([NDArray]) -> (output: [NDArray], note: ShardNote?)
    /// For what was moved before: moves the parameters along the sums of gradients, then the running
    /// averages towards those of what shards observed; the last array is the scale that makes means of sums.
    private let updates = Locked<[ShardUpdate: @Sendable ([NDArray]) -> Void]>([:])
    /// So many different updates are kept.
    private static let updateLimit = 32

    /// A step.
    /// - Parameters:
    ///   - trainer: moves the parameters; gradients are computed at those whose `gradientMode` is not
    ///     `.none`.
    ///   - shards: into how many parts batches are cut.
    ///   - workers: how many shards are computed at a time.
    ///   - options: how the step is compiled; nil runs it operator by operator.
    ///   - forward: computes a loss for each sample, and scores; it is recorded. It must change no parameter
    ///     but by `moveAverage`.
    /// - Precondition: `workers` is in `1...shards.count`.
    public init(
        _ trainer: Trainer, shards: Shards = Shards(4), workers: Int = 1,
        hybridizedWith options: HybridOptions? = HybridOptions(), fileID: StaticString = #fileID,
        line: UInt = #line, _ forward: @escaping Forward
    ) {
        ArgumentCheck(Self.name, fileID, line).require(
            (1...shards.count).contains(workers),
            "\(workers) workers for \(shards.count) shards; there must be 1 to as many as shards")
        self.trainer = trainer
        self.shards = shards
        self.workers = min(max(workers, 1), shards.count)
        self.options = options
        guard let options else {
            differentiate = { Self.differentiate($0, trainer, forward) }
            return
        }
        let function = HybridFunction<[NDArray], [NDArray]>(
            options: options, structure: { TracedStructure() },
            noting: { Self.differentiate($0, trainer, forward) })
        differentiate = {
            let (output, note) = function.noted($0)
            return (output, note as? ShardNote)
        }
    }

    private static let name = "data-parallel step"

    private static func differentiate(
        _ arrays: [NDArray], _ trainer: Trainer, _ forward: Forward
    ) -> (output: [NDArray], note: ShardNote?) {
        let ((losses, scores), moves) = AverageMoves.collecting {
            Autograd.record { forward(arrays[0], arrays[1]) }
        }
        let count = arrays[0].shape[0]
        let check = ArgumentCheck(name)
        guard
            check.require(
                losses.rank > 0 && losses.shape[0] == count,
                "the losses have shape \(losses.shape) for \(count) samples; give one loss for each sample "
                    + "and not their mean or sum: the step divides by the batch size"),
            trainer.hasTrained(check),
            let (found, others) = losses.gradients(among: trainer.parameters.map(\.parameter)),
            trainer.checkUntrained(others.filter { !$0.hasTrainer }, check),
            check.require(
                !found.isEmpty,
                "the losses depend on no parameter that is trained; \(trainer.parameters.nameListing)"
            ),
            trainer.checkAll(found.map(\.position), check)
        else { return ([losses, scores], nil) }
        let samples = Double(count)
        let output = [losses, scores] + found.map(\.gradient) + moves.map { $0.observed * samples }
        let averages = moves.map {
            ShardNote.Average(parameter: $0.parameter, momentum: $0.momentum)
        }
        return (output, ShardNote(used: found.map(\.position), averages: averages))
    }

    /// The function that moves parameters and averages.
    private func function(for update: ShardUpdate) -> @Sendable ([NDArray]) -> Void {
        if let known = updates.withLock({ $0[update] }) { return known }
        let body: @Sendable ([NDArray]) -> [NDArray] = { [trainer] arrays in
            let (sums, scale) = (arrays.dropLast(), arrays.last!)
            // All parameters and averages move, or none.
            GuardedChanges.run(
                dependingOn: Array(sums),
                keeping: trainer.changed(byStepsAt: update.used) + update.averages.map(\.parameter)
            ) {
                let means = sums.map { $0 * scale.cast(to: $0.dtype) }
                trainer.move(update.used, along: Array(means.prefix(update.used.count)))
                for (average, mean) in zip(update.averages, means.dropFirst(update.used.count)) {
                    AverageMoves.Move(average.parameter, toward: mean, by: average.momentum).make()
                }
            }
            return []
        }
        let fresh: @Sendable ([NDArray]) -> Void
        if let options {
            let function = hybridize(options: options, body)
            fresh = { _ = function($0) }
        } else {
            fresh = { _ = body($0) }
        }
        return updates.withLock { updates in
            if let known = updates[update] { return known }
            if updates.count == Self.updateLimit { updates = [:] }
            updates[update] = fresh
            return fresh
        }
    }

    /// Trains with one global batch.
    /// - Parameters:
    ///   - inputs: `[batch, …]`.
    ///   - labels: `[batch, …]`.
    /// - Returns: losses and scores of all samples, in their order.
    /// - Precondition: both have as many samples, at least one; the losses are one for each sample, and
    ///   what `Trainer.step` asks for.
    public func callAsFunction(
        _ inputs: NDArray, _ labels: NDArray, fileID: StaticString = #fileID, line: UInt = #line
    ) -> (losses: NDArray, scores: NDArray) {
        let check = ArgumentCheck(Self.name, fileID, line)
        guard
            check.require(
                inputs.rank > 0 && labels.rank > 0 && inputs.shape[0] == labels.shape[0]
                    && inputs.shape[0] > 0,
                "\(inputs.type) samples with \(labels.type) labels")
        else { return (inputs, inputs) }
        let batchSize = inputs.shape[0]
        // Of this call alone: others may be under way.
        let store = LocalStore(shards)
        var losses: [NDArray] = []
        var scores: [NDArray] = []
        var averages: [ShardNote.Average] = []
        // The shards that have pushed a gradient, for each parameter that some shard's losses depend on.
        var pushed: [Int: [Int]] = [:]
        // What the shards in flight compute, the first one pushed first.
        var inFlight: [[NDArray]] = []
        let samples = (0..<shards.count).map { shards.samples(of: $0, batchSize: batchSize) }
        let filled = samples.indices.filter { !samples[$0].isEmpty }
        for shard in filled {
            if inFlight.count == workers {
                // The calling thread helps meanwhile. A failure stays in the arrays, and whoever
                // reads them sees it.
                for array in inFlight.removeFirst() { try? array.waitUntilReady() }
            }
            let (results, note) = JobOwner.named("replica \(losses.count % workers)") {
                differentiate([inputs[samples[shard]], labels[samples[shard]]])
            }
            guard let note else { return (results[0], results[1]) }
            if losses.isEmpty { averages = note.averages }
            guard
                check.require(
                    note.averages == averages,
                    "the shards move different running averages; each has to move the same ones")
            else { return (results[0], results[1]) }
            inFlight.append(results)
            losses.append(results[0])
            scores.append(results[1])
            for (place, gradient) in zip(note.used, results.dropFirst(2)) {
                store.push(gradient, key: place, shard: shard)
                pushed[place, default: []].append(shard)
            }
            for (number, observed) in results.dropFirst(2 + note.used.count).enumerated() {
                store.push(observed, key: key(ofAverage: number), shard: shard)
            }
        }
        let used = pushed.keys.sorted()
        let empty = samples.indices.filter { samples[$0].isEmpty }
        for place in used {
            let others = Set(pushed[place]!)
            for shard in samples.indices where !others.contains(shard) {
                store.push(nil, key: place, shard: shard)
            }
        }
        for (number, shard) in averages.indices.flatMap({ number in empty.map { (number, $0) } }) {
            store.push(nil, key: key(ofAverage: number), shard: shard)
        }
        let keys = used + averages.indices.map(key(ofAverage:))
        // Some shard had samples, so every sum is there.
        function(for: ShardUpdate(used: used, averages: averages))(
            keys.map { store.pull($0)! } + [NDArray(1 / Double(batchSize))])
        return losses.count == 1
            ? (losses[0], scores[0]) : (concatenated(losses), concatenated(scores))
    }

    private func key(ofAverage number: Int) -> Int { trainer.parameters.count + number }
}
