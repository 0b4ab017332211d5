import BraidCore
import BraidFormats
import BraidRuntime

extension NDArray {
    /// An array whose size a file says, and that waits for its elements.
    /// - Throws: `DataError` `.tooLarge` when there is no memory for it.
    init(reserving type: TensorType, path: String) throws(DataError) {
        do throws(ArrayError) { self = try NDArray(reserving: type) } catch {
            throw DataError(type, error, path: path)
        }
    }
}

extension DataError {
    /// An array for which there is no memory.
    init(_ type: TensorType, _ error: ArrayError, path: String) {
        self.init(.tooLarge, path: path, "holds \(type), which is too large: \(error.message)")
    }
}
