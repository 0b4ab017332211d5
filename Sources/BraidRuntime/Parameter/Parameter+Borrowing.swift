import BraidCore
import BraidEngine
import BraidPlatform

/// Taking arrays out, so that they are unique while they are changed.
extension Parameter {
    enum Taken {
        /// The array; nil where there is none yet.
        case taken(NDArray?)
        /// Nothing, after a report: whoever asks has taken it out before.
        case refused
    }

    /// Takes an array out; others wait until it is put back.
    func take(_ part: Part) -> Taken {
        while true {
            let (array, borrower) = tryTake(part)
            if borrower == 0 { return .taken(array) }
            if !waits(for: borrower, part) {
                Self.ownUpdate.report()
                return .refused
            }
        }
    }

    /// An array as it is when nobody changes it; nil where there is none, or after a mistake.
    func read(_ part: Part) -> NDArray? {
        while true {
            let place = state.withLock { $0[part] }
            if place.borrower == 0 { return place.array }
            if !waits(for: place.borrower, part) {
                Self.ownUpdate.report()
                return nil
            }
        }
    }

    /// Takes an array out unless somebody has it.
    /// - Returns: who that is, or 0.
    func tryTake(_ part: Part) -> (array: NDArray?, borrower: UInt) {
        // By job and not by thread, on which a waiter runs jobs that are strangers to each other.
        let borrower = JobFrame.current.number
        return state.withLock { state in
            if state[part].borrower != 0 { return (nil, state[part].borrower) }
            state[part].borrower = borrower
            return (state[part].array.take(), 0)
        }
    }

    /// - Precondition: the array has the parameter's type.
    func putBack(_ part: Part, _ array: NDArray?) {
        state.withLock { $0[part] = Place(array: array) }
    }

    /// Waits until whoever has taken an array out has put it back.
    /// - Returns: false when that would be for ever.
    func waits(for borrower: UInt, _ part: Part) -> Bool {
        var isForEver = false
        JobFrame.wait {
            isForEver = self.isForEver(borrower, part)
            return isForEver || state.withLock { $0[part].borrower } != borrower
        }
        return !isForEver
    }

    /// Whether whoever has taken an array out waits for the caller's end: the caller itself, or what it
    /// runs on top of.
    private func isForEver(_ borrower: UInt, _ part: Part) -> Bool {
        let frame = JobFrame(number: borrower)
        if frame == .current { return true }
        // It may have put the array back before it began to wait; as long as it waits it does nothing.
        return frame.isSuspendedByCaller && state.withLock { $0[part].borrower } == borrower
    }

    static let ownUpdate = ArrayError(
        .invalidState, in: "parameter",
        "the value is read or changed inside its own update, or in a job that the update waits for; use the "
            + "array that the update hands out")

    /// Puts back what an update made of the value.
    /// - Parameter old: the value before, to return to after a mistake.
    func putBack(updated value: inout NDArray, old: NDArray?) {
        if !admits(value, as: .value) {
            // There is an old one inside `validating`, outside of which the mistake was the end.
            value = old ?? value
        } else if value.body.tape != nil || !value.hasOwnBody() {
            // As for an array that is assigned: the body may be another parameter's, or on a tape.
            value = value.detached()
        }
        putBack(.value, value)
    }
}
