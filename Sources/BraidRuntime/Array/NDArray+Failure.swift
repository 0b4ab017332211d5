package import BraidCore
import BraidEngine

/// What stands for arrays that there are not.
extension NDArray {
    /// What stands for an array after a mistake: one of a best-guess type whose elements are poisoned
    /// by the mistake.
    package static func invalid(_ error: ArrayError, like type: TensorType) -> NDArray {
        let result = unreadable(type)
        Runtime.engine.poison(result.storage, label: error.operation, error)
        return result
    }

    /// Arrays that failed work was to compute: as after a job of that label that threw `error`, every read
    /// of them, and of what is computed from them, reports it.
    package static func failed(
        _ types: [TensorType], label: String, _ error: any Error
    ) -> [NDArray] {
        let arrays = types.map(unreadable)
        Runtime.engine.push(label, overwrites: arrays.map(\.storage), context: .kernel) {
            throw error
        }
        return arrays
    }

    /// An array that is poisoned before anyone sees it: as nothing reads or writes its elements, it does
    /// without them where there is no memory.
    private static func unreadable(_ type: TensorType) -> NDArray {
        if let array = try? NDArray(allocating: type) { return array }
        do throws(ArrayError) {
            let storage = try Storage.allocate(type.dtype.size)
            return NDArray(ArrayBody(type.dtype, Layout(dense: type.shape), storage))
        } catch { error.trap() }
    }

    /// This array; after a report one of its type that is poisoned, where it is a value of a trace.
    /// - Precondition: the caller is not traced.
    func withElements() -> NDArray {
        guard let mistake = body.missingElements else { return self }
        return .invalid(mistake.reported(), like: type)
    }
}
