import CBraidPlatform

/// Makes the calls on a thread's stack readable.
package protocol CallDescribing {
    /// Copies the calls, so that it can be said later, and elsewhere, what that of the innermost frame is
    /// called in messages.
    static func kept(_ innermost: UnsafePointer<CallFrame>) -> @Sendable () -> String
}

/// A call, of a block, that has not returned. Frames lie on the stack of the thread that makes the
/// calls and know the one around them; nothing is computed from them until a message wants it.
package struct CallFrame {
    /// The call around this one, on the same thread.
    package let outer: UnsafeMutablePointer<CallFrame>?
    /// What is called, alive as long as the frame.
    package let subject: UnsafeRawPointer
    /// The type of what is called.
    package let type: any Any.Type
    /// How many calls `outer` had made before this one.
    package let ordinal: Int
    /// How many calls were made directly inside of this one.
    package private(set) var callCount = 0
    private let describer: any CallDescribing.Type

    @usableFromInline
    @inline(__always)
    init(
        _ subject: UnsafeRawPointer, _ type: any Any.Type, _ describer: any CallDescribing.Type,
        inside outer: UnsafeMutablePointer<CallFrame>?
    ) {
        self.outer = outer
        self.subject = subject
        self.type = type
        self.describer = describer
        ordinal = outer?.pointee.callCount ?? 0
        outer?.pointee.callCount += 1
    }

    /// The innermost frame of this thread.
    @inlinable @inline(__always)
    static var innermost: UnsafeMutablePointer<CallFrame>? {
        get { braid_get_innermost_frame()?.assumingMemoryBound(to: CallFrame.self) }
        set { braid_set_innermost_frame(newValue) }
    }

    /// Runs `body` as a call of `subject`.
    @inlinable @inline(__always)
    package static func inside<Subject, R>(
        _ subject: borrowing Subject, _ describer: any CallDescribing.Type, _ body: () -> R
    ) -> R {
        withUnsafePointer(to: subject) { subject in
            let outer = innermost
            var frame = CallFrame(subject, Subject.self, describer, inside: outer)
            return withUnsafeMutablePointer(to: &frame) { frame in
                innermost = frame
                defer { innermost = outer }
                return body()
            }
        }
    }

    /// Runs `body`, which is no part of the calls on this thread's stack: a job that the thread helps with.
    @inlinable @inline(__always)
    package static func hidden<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
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
