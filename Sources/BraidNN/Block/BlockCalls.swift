import BraidPlatform

/// The calls of blocks on a thread's stack, made readable for messages.
enum BlockCalls: CallDescribing {
    static func describe(_ innermost: UnsafePointer<CallFrame>) -> String {
        var frames = [innermost.pointee]
        while let outer = frames[frames.count - 1].outer { frames.append(outer.pointee) }
        var place: BlockPlace?
        for frame in frames.reversed() {
            guard let block = subject(of: frame) else { continue }
            place = BlockPlace(of: block, inside: place, ordinal: frame.ordinal)
        }
        return place?.description ?? "?"
    }

    private static func subject(of frame: CallFrame) -> (any Block)? {
        func load<Subject>(_ type: Subject.Type) -> any Any {
            frame.subject.assumingMemoryBound(to: type).pointee
        }
        return load(frame.type) as? any Block
    }
}
