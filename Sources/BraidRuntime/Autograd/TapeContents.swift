import BraidCore
import BraidPlatform
import Synchronization

/// The record itself: values in slots, and entries over slots.
struct TapeContents: Sendable {
    struct Value {
        let type: TensorType
        /// Whether the value depends on a leaf.
        var isActive: Bool
        /// The value, when a gradient rule reads it; a body without a tape.
        var saved: ArrayBody?
    }

    struct Entry {
        let kind: Node.Kind
        /// Slots, as a range of `inputs`.
        let inputs: Range<Int>
        /// Slots; outputs are values of their own, so theirs follow each other.
        let outputs: Range<Int>
    }

    /// The number in the names that this tape gives; 0 once the record was taken.
    private let number: UInt64
    // Slots of values that other tapes named.
    private var foreignSlots: [UInt64: Int] = [:]
    var values: [Value] = []
    var entries: [Entry] = []
    private(set) var inputs: [Int] = []
    private(set) var leaves: [(slot: Int, parameter: Parameter?)] = []
    private var firstOutput: Int?

    init(number: UInt64) { self.number = number }

    /// What is left of a record that `backward()` consumed.
    static let taken = TapeContents(number: 0)
    var isTaken: Bool { number == 0 }

    /// The slot of the value that `body` holds, when the tape knows it.
    func slot(of body: ArrayBody) -> Int? { slot(of: body.valueID.load(ordering: .relaxed)) }

    func isActive(_ body: ArrayBody) -> Bool {
        slot(of: body).map { values[$0].isActive } ?? false
    }

    mutating func watch(_ body: ArrayBody, for parameter: Parameter?) {
        if isTaken { return }
        let slot = assignSlot(body, isLeaf: true)
        if values[slot].isActive { return }
        values[slot].isActive = true
        leaves.append((slot, parameter))
    }

    /// Adds an input of the entry that `endEntry` will close.
    mutating func addInput(_ body: ArrayBody, needs: GradientNeeds) {
        let slot = assignSlot(body)
        inputs.append(slot)
        if needs.contains(.inputs) { save(body, in: slot) }
    }

    /// Adds an output of the entry that `endEntry` will close: a value that no tape has seen.
    mutating func addOutput(_ body: ArrayBody, needs: GradientNeeds) {
        let slot = assignSlot(body)
        if firstOutput == nil { firstOutput = slot }
        values[slot].isActive = true
        if needs.contains(.outputs) { save(body, in: slot) }
    }

    mutating func endEntry(_ kind: Node.Kind) {
        let firstInput = entries.last?.inputs.upperBound ?? 0
        let outputs = (firstOutput ?? values.count)..<values.count
        entries.append(Entry(kind: kind, inputs: firstInput..<inputs.count, outputs: outputs))
        firstOutput = nil
    }

    private mutating func save(_ body: ArrayBody, in slot: Int) {
        if values[slot].saved == nil { values[slot].saved = body.withoutTape() }
    }
}

/// Names of values: the number of the tape that saw the value first and the slot that it has there,
/// so that this tape finds it without a search. A bit between them says that the value was a leaf from
/// the first, which can be known without the tape's lock.
extension TapeContents {
    private static let slotBits: UInt64 = 28
    private static let leafBit: UInt64 = 1 << 27

    /// Whether a tape named a value so when it made it a leaf.
    static func isLeaf(_ name: UInt64, of tape: UInt64) -> Bool {
        name >> slotBits == tape && name & leafBit != 0
    }
    private static let lastNumber = Atomic<UInt64>(0)

    static func nextNumber() -> UInt64 {
        let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
        invariant(number < 1 << (64 - slotBits), "too many records for one process")
        return number
    }

    private func slot(of name: UInt64) -> Int? {
        if name >> Self.slotBits == number, number != 0 {
            return Int(name & (Self.leafBit - 1))
        }
        return foreignSlots.isEmpty ? nil : foreignSlots[name]
    }

    private mutating func assignSlot(_ body: ArrayBody, isLeaf: Bool = false) -> Int {
        let next = values.count
        invariant(next < Self.leafBit, "a record holds at most 2^27 values")
        let fresh = number << Self.slotBits | (isLeaf ? Self.leafBit : 0) | UInt64(next)
        let name = body.named(fresh)
        if name != fresh {
            if let known = slot(of: name) { return known }
            foreignSlots[name] = next
        }
        values.append(Value(type: body.type, isActive: false, saved: nil))
        return next
    }
}

extension ArrayBody {
    /// The value's name on tapes: `name` if it had none.
    fileprivate func named(_ name: UInt64) -> UInt64 {
        let known = valueID.load(ordering: .relaxed)
        if known != 0 { return known }
        let (exchanged, original) = valueID.compareExchange(
            expected: 0, desired: name, ordering: .relaxed)
        return exchanged ? name : original
    }
}
