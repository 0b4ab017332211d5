import BraidRuntime

/// What the forward and backward pass over one shard says beside its arrays.
struct ShardNote: Sendable {
    /// The places, among the trainer's parameters, of those that the losses depend on: a gradient for each.
    let used: [Int]
    /// The running averages that are moved, in order: what was observed for each.
    let averages: [Average]

    /// A running average, and how far it goes.
    struct Average: Hashable, Sendable {
        let parameter: Parameter
        let momentum: Double

        static func == (a: Average, b: Average) -> Bool {
            a.parameter === b.parameter && a.momentum == b.momentum
        }
        func hash(into hasher: inout Hasher) {
            hasher.combine(ObjectIdentifier(parameter))
            hasher.combine(momentum)
        }
    }
}

/// What an update moves: parameters along sums of gradients, averages towards sums of what was observed.
struct ShardUpdate: Hashable, Sendable {
    let used: [Int]
    let averages: [ShardNote.Average]
}
