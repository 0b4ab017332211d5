/// Why a variable has no contents: the failure that it goes back to.
struct Poison: Sendable {
    let error: EngineError
    /// Of the job that failed, not of those that inherited the failure.
    let order: PushOrder
}
