public import BraidCore
import Dispatch
import Synchronization

/// Runs the pieces of an operator one after the other in a random order.
public final class ShuffledSplitter: WorkSplitter {
    private let seed: UInt64
    private let largest = Atomic(1)

    /// The largest number of pieces that was asked for.
    public var pieceCount: Int { largest.load(ordering: .relaxed) }

    /// A splitter; equal seeds give equal orders.
    public init(seed: UInt64) { self.seed = seed }

    /// Calls `body` with every number below `count`.
    public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
        largest.max(count, ordering: .relaxed)
        var generator = SeededGenerator(seed: seed)
        for piece in (0..<count).shuffled(using: &generator) { body(piece) }
    }
}

/// Runs the pieces of an operator on several threads at once.
public final class ConcurrentSplitter: WorkSplitter {
    /// A splitter.
    public init() {}

    /// Calls `body` with every number below `count`, from several threads.
    public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
        // The closure does not outlive this call, and pieces are made to run at the same time.
        withoutActuallyEscaping(body) { body in
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: count) { body($0) }
        }
    }
}
