public import BraidCore
public import BraidEngine

extension NDArray {
    /// Waits until the elements are computed.
    /// - Throws: `EngineError`, the failure that the elements depend on, at every call.
    public func waitUntilReady() throws(EngineError) {
        try Runtime.engine.wait(for: storage)
    }

    /// Suspends the calling task until the elements are computed; no thread is blocked. A read that
    /// follows does not wait.
    /// - Throws: `EngineError`, the failure that the elements depend on, at every call.
    public func ready() async throws(EngineError) {
        let storage = storage
        let failure = await withCheckedContinuation { continuation in
            Runtime.engine.notify(when: storage) { continuation.resume(returning: $0) }
        }
        if let failure { throw failure }
    }

    /// The elements in row-major order, after waiting for them.
    /// - Throws: `EngineError`, the failure that the elements depend on, at every call.
    /// - Precondition: `type` is the Swift type of the array's dtype.
    public func scalars<Element: Scalar>(as type: Element.Type) throws(EngineError) -> [Element] {
        guard Element.dtype == dtype else {
            ArrayError(
                .unsupportedType, in: "scalars(as:)",
                "an array of \(dtype) cannot be read as \(Element.self); cast it first"
            ).trap()
        }
        let dense = self.dense()
        try dense.waitUntilReady()
        let count = count
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            if count > 0 {
                UnsafeMutableRawPointer(buffer.baseAddress!).copyMemory(
                    from: dense.body.view.address, byteCount: count * MemoryLayout<Element>.stride)
            }
            initialized = count
        }
    }

    /// The one element, after waiting for it.
    /// - Throws: `EngineError`, the failure that the element depends on, at every call.
    /// - Precondition: the array has one element, of the dtype of `type`.
    public func scalar<Element: Scalar>(as type: Element.Type) throws(EngineError) -> Element {
        guard count == 1 else {
            ArrayError(
                .shapeMismatch, in: "scalar(as:)", "an array of shape \(shape) has no one element"
            ).trap()
        }
        return try scalars(as: type)[0]
    }

    /// Hands the dense bytes to `body`, after waiting for them.
    /// - Throws: the failure that the elements depend on, or what `body` throws.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        let dense = self.dense()
        try dense.waitUntilReady()
        return try body(
            UnsafeRawBufferPointer(start: dense.body.view.address, count: type.byteCount))
    }
}
