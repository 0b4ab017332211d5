package import BraidCore
import BraidEngine
package import Synchronization

/// What copies of an array share: its elements as kernels see them, the storage they stand in, and
/// the array's place on tapes or in a trace. A view has a body of its own over the same storage.
package final class ArrayBody: Sendable {
    // Safe: constant, and the engine orders every access to what it points at.
    /// Type, strides and address; of a value of a trace only the type has a meaning.
    nonisolated(unsafe) package let view: TensorView
    private let heldStorage: Storage?
    private let origin: Origin
    /// Names the value on tapes; 0 until a tape first sees it and again after a mutation in place.
    package let valueID = Atomic<UInt64>(0)

    private enum Origin {
        case unrecorded
        case tape(Tape)
        /// A value of a trace, by number, and the innermost tape that recorded it.
        indirect case symbol(Symbol, trace: UInt64, tape: Tape?)
    }

    /// A dense array that owns fresh or shared storage.
    @inline(__always)
    package init(_ type: TensorType, _ storage: Storage, tape: Tape? = nil) {
        view = TensorView(dense: type, address: storage.address)
        heldStorage = storage
        origin = tape.map { .tape($0) } ?? .unrecorded
        storage.addHandle()
    }

    /// A view. A lent view is counted when the loan ends (`NDArray+Subscript`), not here.
    package init(
        _ dtype: DType, _ layout: Layout, _ storage: Storage, tape: Tape? = nil,
        isLent: Bool = false
    ) {
        view = TensorView(
            type: TensorType(dtype, layout.shape), strides: layout.strides,
            address: storage.address + layout.offset * dtype.size)
        heldStorage = storage
        origin = tape.map { .tape($0) } ?? .unrecorded
        if !isLent { storage.addHandle() }
    }

    /// Another body of the same value, unknown to its tape; the name on tapes stays.
    package func withoutTape() -> ArrayBody {
        if tape == nil { return self }
        let body = ArrayBody(view, storage)
        body.valueID.store(valueID.load(ordering: .relaxed), ordering: .relaxed)
        return body
    }

    private init(_ view: TensorView, _ storage: Storage) {
        self.view = view
        heldStorage = storage
        origin = .unrecorded
        storage.addHandle()
    }

    /// A value of a trace.
    package init(_ symbol: Symbol, trace: UInt64, tape: Tape?) {
        view = TensorView(dense: symbol.type, address: Self.nowhere)
        heldStorage = nil
        origin = .symbol(symbol, trace: trace, tape: tape)
    }

    /// The address of a value of a trace. Nothing reads there: who needs elements asks for the
    /// storage first.
    private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 64)! }

    deinit { removeHandle() }

    // Not inlined: in `deinit` itself the compiler would retain the storage for the call.
    @inline(never)
    private func removeHandle() { heldStorage?.removeHandle() }

    /// The value of a trace.
    package var symbol: Symbol? {
        if case .symbol(let symbol, _, _) = origin { symbol } else { nil }
    }
    /// The number of the trace that `symbol` belongs to; 0 for an array with elements.
    package var trace: UInt64 { if case .symbol(_, let trace, _) = origin { trace } else { 0 } }
    /// The innermost tape that recorded this value.
    package var tape: Tape? {
        switch origin {
        case .unrecorded: nil
        case .tape(let tape): tape
        case .symbol(_, _, let tape): tape
        }
    }

    package var type: TensorType { view.type }
    package var isDense: Bool { view.isDense }

    /// Where the elements stand.
    /// - Precondition: not a value of a trace.
    package var storage: Storage {
        @inline(__always) get {
            guard let heldStorage else { trapWithoutElements() }
            return heldStorage
        }
    }

    @inline(never)
    private func trapWithoutElements() -> Never {
        let mistake =
            missingElements ?? ArrayError(.invalidState, in: "array", "the array has no elements")
        mistake.trap()
    }

    /// What is wrong with reading a value of a trace; nil of an array with elements.
    @inline(__always)
    var missingElements: ArrayError? { heldStorage == nil ? noElements : nil }

    @inline(never)
    private var noElements: ArrayError {
        ArrayError(
            .invalidState, in: "trace",
            "\(symbol?.origin ?? "an array") is a value of a trace and has no elements: it cannot be "
                + "read, and not be used outside the traced code; compute with arrays there (select "
                + "instead of if), or return it and read the result; what the traced code is to change "
                + "outside has to be a Parameter")
    }

    package var layout: Layout {
        Layout(
            shape: type.shape, strides: view.strides,
            offset: (view.address - storage.address) / type.dtype.size)
    }
}

/// Inline access to the storage. Through the body, because using a constant of an object that the
/// caller holds needs no reference count, and four of those would be a tenth of a small operator.
extension ArrayBody {
    /// Takes a read grant if nothing writes or waits there; not of a value of a trace.
    @inline(__always)
    func tryBeginRead() -> Bool { heldStorage != nil && heldStorage!.tryBeginRead() }

    /// Gives a read grant back.
    @inline(__always)
    func endRead() { heldStorage!.endRead() }

    /// Takes the write grant if nothing reads, writes or waits there; not of a value of a trace.
    @inline(__always)
    func tryBeginWrite() -> Bool { heldStorage != nil && heldStorage!.tryBeginWrite() }

    /// Gives the write grant back.
    @inline(__always)
    func endWrite() { heldStorage!.endWrite() }

    /// Whether this is the one body that may read the storage later; none may read a value of a trace.
    @inline(__always)
    var hasOneHandle: Bool {
        heldStorage != nil && heldStorage!.handles.load(ordering: .acquiring) == 1
    }
}
