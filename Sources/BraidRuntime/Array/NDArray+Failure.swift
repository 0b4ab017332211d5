package import BraidCore
import BraidEngine

extension NDArray {
    /// Arrays that failed work was to compute: as after a job of that label that threw `error`, every read
    /// of them, and of what is computed from them, reports it.
    package static func failed(
        _ types: [TensorType], label: String, _ error: any Error
    ) -> [NDArray] {
        let arrays = types.map { NDArray(uninitialized: $0) }
        Runtime.engine.push(label, overwrites: arrays.map(\.storage), context: .kernel) {
            throw error
        }
        return arrays
    }
}
