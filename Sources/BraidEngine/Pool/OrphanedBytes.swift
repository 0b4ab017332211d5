import Synchronization

/// Bytes of storages that only pending jobs keep alive.
final class OrphanedBytes: Sendable {
    private let bytes = Atomic<Int>(0)
    var count: Int { bytes.load(ordering: .relaxed) }
    func add(_ count: Int) { bytes.wrappingAdd(count, ordering: .relaxed) }
}
