import CBraidPlatform

/// Makes the calls on a thread's stack readable.
package protocol CallDescribing {
    /// Copies the calls, so that it can be said later, and elsewhere, what that of the innermost frame is
    /// called in messages.
    static func kept(_ innermost: UnsafePointer<CallFrame>) -> @Sendable () -> String
}

/// A call, of a block, that has not returned. Frames lie on the stack of the thread that makes the
/// calls and know the one around them; nothing is computed from them until a message wants it.
///
/// Public, as what calls blocks is specialised in the modules of their callers.
public struct CallFrame {
    /// The call around this one, on the same thread.
    package let outer: UnsafeMutablePointer<CallFrame>?
    /// What is called, alive as long as the frame.
    package let subject: UnsafeRawPointer
    /// The type of what is called.
    package let type: any Any.Type
    /// How many calls `outer` had made before this one.
    package let ordinal: Int
    /// How many calls were made directly inside of this one.
    private var callCount = 0
    private let describer: any CallDescribing.Type

    /// The innermost frame of this thread.
    private static var innermost: UnsafeMutablePointer<CallFrame>? {
        get { braid_get_innermost_frame()?.assumingMemoryBound(to: CallFrame.self) }
        set { braid_set_innermost_frame(newValue) }
    }

    /// A call of `subject` begins; `frame`, so far without a value, stays where it is until the call ends.
    @inline(__always)
    package static func begin(
        _ frame: UnsafeMutablePointer<CallFrame>, _ subject: UnsafeRawPointer, _ type: any Any.Type,
        _ describer: any CallDescribing.Type
    ) {
        let outer = innermost
        let ordinal = outer?.pointee.callCount ?? 0
        outer?.pointee.callCount = ordinal &+ 1
        frame.initialize(
            to: CallFrame(
                outer: outer, subject: subject, type: type, ordinal: ordinal, describer: describer))
        innermost = frame
    }

    /// The call ends.
    public static func end(_ frame: UnsafeMutablePointer<CallFrame>) {
        innermost = frame.pointee.outer
    }

    /// Runs `body`, which is no part of the calls on this thread's stack: a job that the thread helps with.
    public static func hidden<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        let outer = innermost
        innermost = nil
        defer { innermost = outer }
        return try body()
    }

    /// The innermost call of this thread, for messages; nil outside all calls.
    package static var description: String? { kept?() }

    /// Gives the same later, when the calls may have returned; nil outside all calls.
    package static var kept: (@Sendable () -> String)? {
        innermost.map { $0.pointee.describer.kept(UnsafePointer($0)) }
    }
}
