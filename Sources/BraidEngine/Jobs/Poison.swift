/// Why a variable has no contents: the failure that it goes back to. An object, because every variable
/// has room for one and hardly any has one.
final class Poison: Sendable {
    let error: EngineError
    /// Of the job that failed, not of those that inherited the failure.
    let order: PushOrder
    /// Where the order's place goes in the end, and whose order it is; nil for a failure that stands before
    /// all pushes.
    let origin: ReturnedPlaces?

    init(error: EngineError, order: PushOrder, of origin: ReturnedPlaces?) {
        self.error = error
        self.order = order
        self.origin = origin
    }

    deinit {
        if order.place != OrderTable.none { origin?.append(order.place) }
    }
}

/// How a job ended.
enum Outcome: Sendable {
    case succeeded
    /// The body threw, or made a mistake.
    case failed(EngineError)
    /// An input was poisoned, so that the job was skipped.
    case inherited(Poison)
}
