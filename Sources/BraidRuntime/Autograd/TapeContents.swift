import BraidCore
import Synchronization

/// The record itself: values in slots, and entries over slots.
struct TapeContents: Sendable {
    struct Value {
        let type: TensorType
        /// Whether the value depends on a leaf.
        var isActive: Bool
        var saved: SavedValue?
    }

    struct Entry {
        let kind: Node.Kind
        let inputs: [Int]
        let outputs: [Int]
    }

    private var slots: [UInt64: Int] = [:]
    var values: [Value] = []
    var entries: [Entry] = []
    private(set) var leaves: [(slot: Int, parameter: Parameter?)] = []
    var isTaken = false

    /// The slot of the value that `body` holds, when the tape knows it.
    func slot(of body: ArrayBody) -> Int? {
        let id = body.valueID.load(ordering: .relaxed)
        return id == 0 ? nil : slots[id]
    }

    func isActive(_ body: ArrayBody) -> Bool {
        slot(of: body).map { values[$0].isActive } ?? false
    }

    mutating func watch(_ body: ArrayBody, for parameter: Parameter?) {
        let slot = assignSlot(body)
        if values[slot].isActive { return }
        values[slot].isActive = true
        leaves.append((slot, parameter))
    }

    mutating func record(
        _ kind: Node.Kind, needs: GradientNeeds, _ inputs: [ArrayBody], _ outputs: [ArrayBody]
    ) {
        if isTaken { return }
        let inputSlots = inputs.map { assignSlot($0) }
        let outputSlots = outputs.map { assignSlot($0) }
        for slot in outputSlots { values[slot].isActive = true }
        if needs.contains(.inputs) {
            for (slot, body) in zip(inputSlots, inputs) { save(body, in: slot) }
        }
        if needs.contains(.outputs) {
            for (slot, body) in zip(outputSlots, outputs) { save(body, in: slot) }
        }
        entries.append(Entry(kind: kind, inputs: inputSlots, outputs: outputSlots))
    }

    private mutating func assignSlot(_ body: ArrayBody) -> Int {
        let id = body.assignValueID()
        if let slot = slots[id] { return slot }
        slots[id] = values.count
        values.append(Value(type: body.type, isActive: false, saved: nil))
        return values.count - 1
    }

    private mutating func save(_ body: ArrayBody, in slot: Int) {
        if values[slot].saved == nil { values[slot].saved = SavedValue(body) }
    }
}

/// A forward value that a gradient rule reads: a handle on the storage, and how to see the value in
/// it.
struct SavedValue: Sendable {
    private let layout: Layout
    private let dtype: DType
    private let handle: StorageHandle
    private let valueID: UInt64

    init(_ body: ArrayBody) {
        layout = body.layout
        dtype = body.type.dtype
        handle = StorageHandle(NDArray(body).storage)
        valueID = body.assignValueID()
    }

    /// The value as an array, under its name on the tapes.
    var array: NDArray {
        let body = ArrayBody(dtype, layout, handle.storage)
        body.valueID.store(valueID, ordering: .relaxed)
        return NDArray(body)
    }
}
