import CBraidPlatform

/// The stack of the calling thread: what calls itself without end is to be told before it is used up,
/// as the system says nothing then.
package enum ThreadStack {
    /// Whether there is room for calls of the usual depth: more than a quarter of a MiB.
    package static var hasRoom: Bool { braid_stack_has_room() }
}
