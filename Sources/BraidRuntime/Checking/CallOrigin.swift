import BraidPlatform

/// Who called an operator: captured at the call, made readable when something was found.
struct CallOrigin: Sendable {
    /// The path of the innermost block.
    let block: String?
    private let stack = CallStack()

    /// The caller of this moment.
    init() { block = BlockPath.current?.description ?? CallFrame.description }

    /// The innermost line outside the library; nil where it is not known.
    var location: String? { stack.location }
}
