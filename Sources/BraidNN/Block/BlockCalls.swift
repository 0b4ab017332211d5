import BraidCore
public import BraidPlatform
import BraidRuntime

/// The calls of blocks on a thread's stack, made readable for messages.
@usableFromInline
enum BlockCalls: CallDescribing {
    /// Calls inside each other up to which the innermost one's place is looked for: that takes time and, where
    /// the stack is used up, stack that there is not.
    private static let depthLimit = 100

    /// Whether calls are more than those of `forward`: in checked mode, in summaries, at the end of the stack.
    @usableFromInline static var areSpecial: Bool {
        if Runtime.isChecked || !ThreadStack.hasRoom { return true }
        return Scopes.current.map { SummaryRecorder.of($0) != nil } ?? false
    }

    /// Runs `body` as a call of a block.
    @inlinable @inline(__always)
    static func inside<Called: Block, Result>(_ block: Called, _ body: () -> Result) -> Result {
        withUnsafePointer(to: block) { block in
            withUnsafeTemporaryAllocation(of: CallFrame.self, capacity: 1) { frame in
                let frame = frame.baseAddress!
                begin(frame, block, Called.self)
                defer { CallFrame.end(frame) }
                return body()
            }
        }
    }

    @usableFromInline
    static func begin(
        _ frame: UnsafeMutablePointer<CallFrame>, _ block: UnsafeRawPointer, _ type: any Any.Type
    ) {
        CallFrame.begin(frame, block, type, BlockCalls.self)
    }

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
