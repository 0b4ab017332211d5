import BraidPlatform
import Synchronization

/// A job that lets idle threads take part: pieces `0..<count` of one body.
///
/// Sendable because the body is called by several threads only while the caller of `parallelFor`,
/// who owns it, waits for them.
final class Region: @unchecked Sendable {
    /// The job that was split.
    let job: Job
    private let count: Int
    /// What the pieces find of the scopes around the call, on every thread alike; nil for those that look
    /// at none.
    private let binding: ScopeBinding?
    // Dropped by `close`, so that a thread that still holds the region does not hold the closure.
    private var body: ((Int) -> Void)?
    private let next = Atomic<Int>(0)
    /// Threads other than the owner that are inside.
    let helpers = Atomic<Int>(0)
    let owner: Parker
    /// What goes on only after the pieces.
    let suspended: [JobFrame]

    init(
        _ job: Job, _ count: Int, in binding: ScopeBinding?, owner: ThreadState,
        _ body: @escaping (Int) -> Void
    ) {
        self.binding = binding
        self.job = job
        self.count = count
        self.owner = owner.parker
        suspended = owner.suspendedByPieces
        self.body = body
    }

    /// Whether pieces are left to take.
    var hasPieces: Bool { next.load(ordering: .relaxed) < count }

    /// Runs pieces until none is left.
    func run() {
        if let binding { binding { runPieces() } } else { runPieces() }
    }

    private func runPieces() {
        let body = body!
        while true {
            let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
            if piece >= count { return }
            body(piece)
        }
    }

    /// Lets go of the body.
    /// - Precondition: no piece is left and no helper inside.
    func close() { body = nil }
}
