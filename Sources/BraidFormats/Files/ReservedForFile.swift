package import BraidPlatform

// Memory whose size a file says; errors name the file.

extension ReservedBytes {
    /// Undefined bytes.
    /// - Throws: `DataError` `.tooLarge` when there is no memory for them.
    package convenience init(_ count: Int, path: String) throws(DataError) {
        do throws(MemoryShortage) { try self.init(count) } catch {
            throw DataError(error, path: path)
        }
    }
}

extension MemoryBudget {
    /// Takes bytes out of the budget until the reservation ends.
    /// - Throws: `DataError` `.tooLarge` when they are not there.
    package static func reserve(_ byteCount: Int, path: String) throws(DataError)
        -> MemoryReservation
    {
        do throws(MemoryShortage) { return try reserve(byteCount) } catch {
            throw DataError(error, path: path)
        }
    }
}
