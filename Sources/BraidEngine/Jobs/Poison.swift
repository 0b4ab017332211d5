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

    /// Whichever job failed first in push order.
    static func earliest(_ a: Poison?, _ b: Poison?) -> Poison? {
        guard let a, let b else { return a ?? b }
        return b.order < a.order ? b : a
    }
}

/// How a job ended.
enum Outcome: Sendable {
    case succeeded
    /// The body threw.
    case failed(Poison)
    /// An input was poisoned, so that the job was skipped.
    case inherited(Poison)

    /// What the job's outputs carry from now on.
    var poison: Poison? {
        switch self {
        case .succeeded: nil
        case .failed(let poison), .inherited(let poison): poison
        }
    }
}
