import BraidCore
import BraidPlatform
import BraidRuntime

// Memory whose size a file says; errors name the file.

extension NDArray {
    /// An array that waits for its elements.
    /// - Throws: `DataError` `.tooLarge` when there is no memory for it.
    init(reserving type: TensorType, path: String) throws(DataError) {
        do throws(ArrayError) { self = try NDArray(reserving: type) } catch {
            throw DataError(type, error, path: path)
        }
    }
}

extension ReservedBytes {
    /// Undefined bytes.
    /// - Throws: `DataError` `.tooLarge` when there is no memory for them.
    convenience init(_ count: Int, path: String) throws(DataError) {
        do throws(MemoryShortage) { try self.init(count) } catch {
            throw DataError(error, path: path)
        }
    }
}

extension MemoryBudget {
    /// Takes bytes out of the budget until the reservation ends.
    /// - Throws: `DataError` `.tooLarge` when they are not there.
    static func reserve(_ byteCount: Int, path: String) throws(DataError) -> MemoryReservation {
        do throws(MemoryShortage) { return try reserve(byteCount) } catch {
            throw DataError(error, path: path)
        }
    }
}
