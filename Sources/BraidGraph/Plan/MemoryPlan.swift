public import BraidCore

/// Which values of a graph lie in the arena, when and where. Inputs, constants and what a call returns
/// lie outside.
public struct MemoryPlan: Hashable, Sendable {
    /// What a value is for.
    public enum Role: Hashable, Sendable {
        /// An output of the node.
        case output(Int)
        /// A dense copy of an operand of the node (and of other nodes that take the same).
        case denseCopy
        /// Scratch memory of the node's kernel.
        case scratch
    }

    /// A value and the bytes that it occupies.
    public struct Value: Hashable, Sendable {
        /// The node of the graph.
        public let node: Int
        /// What the value is for.
        public let role: Role
        /// Dtype and shape; nil for scratch memory.
        public let type: TensorType?
        /// Bytes, rounded up to a multiple of 64.
        public let byteCount: Int
        /// The step that writes the value.
        public let firstStep: Int
        /// The last step at which the value must be there, when steps run in the plan's order. A step
        /// that writes another value over this one counts for the other.
        public let lastStep: Int
        /// Where the value begins in the arena, in bytes, a multiple of 64.
        public internal(set) var offset: Int
        /// Which value of the list is overwritten by this one, in the same place; nil when none is.
        public let overwrites: Int?
    }

    /// The values, in the order of the steps that write them.
    public let values: [Value]
    /// Bytes of the arena.
    public let plannedByteCount: Int

    /// Bytes of all values together: what they would occupy without sharing.
    public var naiveByteCount: Int { values.reduce(0) { $0 + $1.byteCount } }

    /// A lower bound for every plan that keeps the order of the steps: the largest sum of values that
    /// must be there at the same step.
    public var boundByteCount: Int {
        let stepCount = (values.map(\.lastStep).max() ?? -1) + 1
        var changes = [Int](repeating: 0, count: stepCount + 1)
        for value in values {
            changes[value.firstStep] += value.byteCount
            changes[value.lastStep + 1] -= value.byteCount
        }
        var (live, bound) = (0, 0)
        for change in changes {
            live += change
            bound = max(bound, live)
        }
        return bound
    }

    /// The alignment of everything in the arena.
    static let alignment = 64

    /// Bytes that an array occupies in the arena.
    static func occupied(_ byteCount: Int) -> Int {
        (byteCount + alignment - 1) & ~(alignment - 1)
    }
}
