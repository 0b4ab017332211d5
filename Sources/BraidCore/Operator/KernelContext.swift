/// A dense or strided array as a kernel sees it.
public struct TensorView {
    /// Dtype and extents.
    public let type: TensorType
    /// Strides in elements.
    public let strides: Strides
    /// The first element.
    public let address: UnsafeMutableRawPointer

    /// A view from its parts.
    public init(type: TensorType, strides: Strides, address: UnsafeMutableRawPointer) {
        self.type = type
        self.strides = strides
        self.address = address
    }

    /// The extents.
    public var shape: Shape { type.shape }
    /// The element type.
    public var dtype: DType { type.dtype }
    /// Whether the elements stand in row-major order without gaps.
    public var isDense: Bool { strides.isDense(for: type.shape) }
}

/// Runs pieces of one operator on the engine's pool.
public protocol WorkSplitter: AnyObject, Sendable {
    /// Calls `body` with every number below `count`, possibly several at once, and returns when all
    /// are done.
    func parallelFor(_ count: Int, _ body: (Int) -> Void)
}

/// What `Operator.evaluate` works on: views in, views out, scratch, and the pool.
public struct KernelContext: ~Copyable {
    /// The inputs, with any strides (dense for operators with the `denseInputs` trait).
    public let inputs: UnsafeBufferPointer<TensorView>
    /// The outputs, dense.
    public let outputs: UnsafeBufferPointer<TensorView>
    /// The declared scratch, 64-byte aligned; nil when none was declared.
    public let scratch: UnsafeMutableRawPointer?
    // Not retained: the engine outlives every job, and a reference count shared by all workers
    // would be touched per operator.
    private unowned(unsafe) let splitter: (any WorkSplitter)?

    /// A context from its parts; without a splitter pieces run one after the other.
    public init(
        inputs: UnsafeBufferPointer<TensorView>, outputs: UnsafeBufferPointer<TensorView>,
        scratch: UnsafeMutableRawPointer?, splitter: (any WorkSplitter)?
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.scratch = scratch
        self.splitter = splitter
    }

    /// Calls `body` with every number below `count`, on the pool when that is possible. How many
    /// pieces there are must follow from shapes alone, so that results do not depend on workers.
    public func parallelFor(_ count: Int, _ body: (Int) -> Void) {
        if count > 1, let splitter {
            splitter.parallelFor(count, body)
        } else {
            for piece in 0..<count { body(piece) }
        }
    }
}
