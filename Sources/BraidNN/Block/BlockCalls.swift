import BraidPlatform

/// The calls of blocks on a thread's stack, made readable for messages.
enum BlockCalls: CallDescribing {
    /// Calls inside each other up to which the innermost one's place is looked for: that takes time and, where
    /// the stack is used up, stack that there is not.
    private static let depthLimit = 100

    static func kept(_ innermost: UnsafePointer<CallFrame>) -> @Sendable () -> String {
        var frames = [innermost.pointee]
        while let outer = frames[frames.count - 1].outer { frames.append(outer.pointee) }
        guard frames.count <= depthLimit, ThreadStack.hasRoom else {
            let text = "\(innermost.pointee.type), \(frames.count) calls of blocks deep"
            return { text }
        }
        let calls = frames.reversed().compactMap { frame in
            subject(of: frame).map { (block: $0, ordinal: frame.ordinal) }
        }
        return {
            let place = calls.reduce(nil as BlockPlace?) { outer, call in
                BlockPlace(of: call.block, inside: outer, ordinal: call.ordinal)
            }
            return place?.description ?? "?"
        }
    }

    private static func subject(of frame: CallFrame) -> (any Block)? {
        func load<Subject>(_ type: Subject.Type) -> any Any {
            frame.subject.assumingMemoryBound(to: type).pointee
        }
        return load(frame.type) as? any Block
    }
}
