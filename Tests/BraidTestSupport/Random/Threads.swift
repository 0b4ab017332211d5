import BraidPlatform
import Foundation

/// Calls `body` with every number below `count`, each on a thread of its own, and waits for the end of all.
public func parallel(
    _ count: Int, stackByteCount: Int? = nil, _ body: @escaping @Sendable (Int) -> Void
) {
    let threads = (0..<count).map { number in
        let ended = DispatchSemaphore(value: 0)
        let thread = Thread {
            body(number)
            ended.signal()
        }
        if let stackByteCount { thread.stackSize = stackByteCount }
        thread.start()
        return ended
    }
    for thread in threads { thread.wait() }
}

/// A value that tests let escape.
public final class LockedBox<Value: Sendable>: Sendable {
    private let state: Locked<Value>
    /// A box with a first value.
    public init(_ value: Value) { state = Locked(value) }
    /// The value; setting it replaces the whole.
    public var value: Value {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
    /// Changes the value in one go.
    public func change(_ body: (inout Value) -> Void) {
        state.withLock { value in
            var changed = value
            body(&changed)
            value = changed
        }
    }
}
