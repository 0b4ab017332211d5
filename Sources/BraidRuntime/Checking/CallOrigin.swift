import BraidPlatform

/// Who called an operator: captured at the call, made readable when a message wants it.
final class CallOrigin: Sendable {
    /// The path of the innermost block.
    let block: String?
    private let stack: CallStack
    private let line = Locked<String??>(nil)

    /// The caller of this moment.
    init() {
        block = BlockPath.current?.description ?? CallFrame.description
        stack = CallStack()
    }

    /// The same, where something was found: most often the call has not returned yet, and its line is
    /// quick to find then.
    init(finding origin: CallOrigin) {
        block = origin.block
        stack = origin.stack.resolved()
    }

    /// The innermost line outside the library; nil where it is not known. Found at the first request: to
    /// read the debug information takes long.
    var location: String? {
        line.withLock { line in
            if let line { return line }
            let found = stack.location
            line = .some(found)
            return found
        }
    }
}
