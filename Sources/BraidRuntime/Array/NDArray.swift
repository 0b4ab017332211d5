public import BraidCore
import BraidPlatform

/// An n-dimensional array with value semantics.
///
/// Operations return at once and run on the engine; reading elements (`scalars(as:)`, `description`)
/// waits for what it needs. Copies are free; a mutation happens in place when no other copy, view or
/// tape could see it.
///
/// ```swift
/// let a = NDArray([1, 2, 3, 4] as [Float], shape: [2, 2])
/// print((2 * a).sum())
/// ```
public struct NDArray: Operand {
    package var body: ArrayBody

    package init(_ body: ArrayBody) { self.body = body }

    /// Dtype and shape.
    public var type: TensorType { body.type }

    /// An uninitialised dense array, for code that fills it before anyone sees it.
    /// - Throws: `ArrayError` when there is none.
    package init(allocating type: TensorType) throws(ArrayError) {
        body = ArrayBody(type, try Storage.allocate(type.byteCount))
    }

    /// The same for a type that a file or a caller from outside says: the budget is asked first.
    /// - Throws: `ArrayError` when there is no memory.
    package init(reserving type: TensorType) throws(ArrayError) {
        do throws(MemoryShortage) { try MemoryBudget.checkArray(type.byteCount) } catch {
            throw ArrayError(.outOfMemory, in: "memory", "\(error)")
        }
        try self.init(allocating: type)
    }

    /// The storage.
    /// - Precondition: not a value of a trace.
    package var storage: Storage { body.storage }
}
