package import BraidCore
package import Synchronization

/// What copies of an array share: type, layout, storage, and the array's place on tapes or in a
/// trace. A view has a body of its own over the same storage.
package final class ArrayBody: Sendable {
    package let type: TensorType
    // Zeros when dense: those strides follow from the shape.
    private let viewStrides: Strides
    /// Position of the first element in the storage.
    package let offset: Int
    package let isDense: Bool
    /// Nil for a value of a trace.
    package let storage: Storage?
    /// The value of a trace.
    package let symbol: Symbol?
    /// The innermost tape that recorded this value.
    package let tape: Tape?
    /// Names the value on tapes; 0 until a tape first sees it and again after a mutation in place.
    package let valueID = Atomic<UInt64>(0)

    /// A dense array that owns fresh or shared storage.
    package init(_ type: TensorType, _ storage: Storage, tape: Tape? = nil) {
        self.type = type
        self.storage = storage
        self.tape = tape
        viewStrides = Strides()
        offset = 0
        isDense = true
        symbol = nil
        storage.addHandle()
    }

    /// A view. A lent view is counted when the loan ends (`NDArray+Subscript`), not here.
    package init(
        _ dtype: DType, _ layout: Layout, _ storage: Storage, tape: Tape? = nil,
        isLent: Bool = false
    ) {
        type = TensorType(dtype, layout.shape)
        offset = layout.offset
        isDense = layout.isDense
        viewStrides = isDense ? Strides() : layout.strides
        self.storage = storage
        self.tape = tape
        symbol = nil
        if !isLent { storage.addHandle() }
    }

    /// A value of a trace.
    package init(_ symbol: Symbol) {
        type = symbol.type
        viewStrides = Strides()
        offset = 0
        isDense = false
        storage = nil
        tape = nil
        self.symbol = symbol
    }

    deinit { storage?.removeHandle() }

    package var strides: Strides { isDense ? Strides(dense: type.shape) : viewStrides }

    /// These elements in memory that starts at `base`.
    @inline(__always)
    package func view(in storage: Storage) -> TensorView {
        let address = storage.address + offset * type.dtype.size
        return isDense
            ? TensorView(dense: type, address: address)
            : TensorView(type: type, strides: viewStrides, address: address)
    }

    package var layout: Layout { Layout(shape: type.shape, strides: strides, offset: offset) }
}

/// Numbers that name values on tapes.
enum ValueID {
    private static let last = Atomic<UInt64>(0)

    static func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

extension ArrayBody {
    /// The number that names this value on tapes, given now if it had none.
    func assignValueID() -> UInt64 {
        let id = valueID.load(ordering: .relaxed)
        if id != 0 { return id }
        let fresh = ValueID.next()
        let (exchanged, original) = valueID.compareExchange(
            expected: 0, desired: fresh, ordering: .relaxed)
        return exchanged ? fresh : original
    }
}
