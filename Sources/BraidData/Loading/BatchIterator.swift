import BraidEngine
import BraidPlatform
import BraidRuntime
import Synchronization

/// The batches of one epoch of a `DataLoader`.
public final class BatchIterator: IteratorProtocol {
    private let plan: EpochPlan
    /// The batch that `next` returns.
    private var position = 0
    /// Batches that are being loaded or wait to be used, from `position` on.
    private var ahead: [PendingBatch] = []
    private let prefetch: Int
    /// One for each worker: jobs on the same one run one after the other, so that as many batches are
    /// loaded at a time as there are workers.
    private let turns: [Variable]
    private let cancellation = Cancellation()

    init(_ plan: EpochPlan, workers: Int, prefetch: Int) {
        self.plan = plan
        self.prefetch = prefetch
        // More would have nothing to do.
        turns = (0..<min(workers, prefetch, plan.batchCount)).map { _ in Variable() }
        loadAhead()
    }

    deinit { cancellation.cancel() }

    /// The next batch; nil after the last.
    public func next() -> Batch? {
        guard position < plan.batchCount else { return nil }
        let number = position
        position += 1
        let loaded: Result<Batch, any Error>
        if turns.isEmpty {
            loaded = Result { try plan.load(number) }
        } else {
            loaded = ahead.removeFirst().result()
            loadAhead()
        }
        switch loaded {
        case .success(let batch): return batch
        case .failure(let error): return plan.failedBatch(number, error)
        }
    }

    private func loadAhead() {
        while ahead.count < prefetch {
            let number = position + ahead.count
            guard number < plan.batchCount else { return }
            ahead.append(
                PendingBatch(plan, number, turn: turns[number % turns.count], cancellation))
        }
    }
}

/// Tells jobs that nobody waits for their batches any more.
private final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    var isCancelled: Bool { flag.load(ordering: .relaxed) }
    func cancel() { flag.store(true, ordering: .relaxed) }
}

/// A batch that a job of the io lane loads.
private final class PendingBatch: Sendable {
    private let isLoaded = Variable()
    private let loaded = Locked<Result<Batch, any Error>?>(nil)

    init(_ plan: EpochPlan, _ number: Int, turn: Variable, _ cancellation: Cancellation) {
        Runtime.engine.push(
            plan.label(number), updates: [turn], overwrites: [isLoaded], lane: .io
        ) { [self] in
            if cancellation.isCancelled { return }
            // A failure is the batch's own: of one that nobody asks for nobody should hear.
            let result = Result { try plan.load(number) }
            loaded.withLock { $0 = result }
        }
    }

    /// Waits for the batch and hands it over.
    func result() -> Result<Batch, any Error> {
        do throws(EngineError) { try Runtime.engine.wait(for: isLoaded) } catch {
            return .failure(error)
        }
        return loaded.withLock { $0.take()! }
    }
}
