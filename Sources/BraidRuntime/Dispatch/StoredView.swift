import BraidCore

/// An operand of a pushed job: keeps the storage alive and is no handle on it, so that a pending job
/// never forces a copy.
struct StoredView: Sendable {
    let storage: Storage
    // Points into the storage.
    nonisolated(unsafe) let view: TensorView

    init(_ body: ArrayBody) {
        storage = body.storage
        view = body.view
    }
}
