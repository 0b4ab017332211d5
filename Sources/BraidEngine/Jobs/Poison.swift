/// Why a variable has no contents: the failure that it goes back to. An object, because every variable
/// has room for one and hardly any has one.
final class Poison: Sendable {
    let error: EngineError
    /// Of the job that failed, not of those that inherited the failure.
    let order: PushOrder

    init(error: EngineError, order: PushOrder) {
        self.error = error
        self.order = order
    }
}
