public import BraidCore
public import BraidEngine

/// Reads wait for what they need. `fileID` and `line` name the caller in messages.
extension NDArray {
    /// Waits until the elements are computed.
    /// - Throws: `EngineError`, the failure that the elements depend on, at every call; for a value of a
    ///   trace, which has no elements.
    public func waitUntilReady(
        fileID: StaticString = #fileID, line: UInt = #line
    ) throws(EngineError) {
        try checkElements(fileID, line)
        do throws(EngineError) { try Runtime.engine.wait(for: storage) } catch {
            throw error.read(at: fileID, line)
        }
    }

    /// Suspends the calling task until the elements are computed; no thread is blocked. A read that
    /// follows does not wait.
    /// - Throws: `EngineError`, the failure that the elements depend on, at every call; for a value of a
    ///   trace, which has no elements.
    public func ready(
        fileID: StaticString = #fileID, line: UInt = #line
    ) async throws(EngineError) {
        try checkElements(fileID, line)
        let storage = storage
        let failure = await withCheckedContinuation { continuation in
            Runtime.engine.notify(when: storage, context: .kernel) {
                continuation.resume(returning: $0)
            }
        }
        if let failure { throw failure.read(at: fileID, line) }
    }

    /// The elements in row-major order, after waiting for them.
    /// - Throws: `EngineError`, the failure that the elements depend on, at every call; when `type` is not
    ///   the Swift type of the array's dtype, when the array is a value of a trace, and when there is no
    ///   memory.
    public func scalars<Element: Scalar>(
        as type: Element.Type, fileID: StaticString = #fileID, line: UInt = #line
    ) throws(EngineError) -> [Element] {
        try checkRead("scalars(as:)", as: type, fileID, line)
        let dense = try readable(fileID, line)
        try dense.waitUntilReady(fileID: fileID, line: line)
        let count = count
        // Such an initializer would write to the empty array that all threads share.
        if count == 0 { return [] }
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawPointer(buffer.baseAddress!).copyMemory(
                from: dense.body.view.address, byteCount: count * MemoryLayout<Element>.stride)
            initialized = count
        }
    }

    /// The one element, after waiting for it.
    /// - Throws: `EngineError`, the failure that the element depends on, at every call; when there is not
    ///   exactly one element, or as `scalars(as:)`.
    public func scalar<Element: Scalar>(
        as type: Element.Type, fileID: StaticString = #fileID, line: UInt = #line
    ) throws(EngineError) -> Element {
        guard count == 1 else {
            throw Self.invalidRead(
                ArrayError(
                    .shapeMismatch, in: "scalar(as:)",
                    "an array of shape \(shape) has no one element"), fileID, line)
        }
        try checkRead("scalar(as:)", as: type, fileID, line)
        return try scalars(as: type, fileID: fileID, line: line)[0]
    }

    /// Hands the dense bytes to `body`, after waiting for them.
    /// - Throws: the failure that the elements depend on, a read that is not possible, or what `body`
    ///   throws.
    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        let dense = try readable(#fileID, #line)
        try dense.waitUntilReady()
        return try body(
            UnsafeRawBufferPointer(start: dense.body.view.address, count: type.byteCount))
    }

    private func checkRead<Element: Scalar>(
        _ function: String, as type: Element.Type, _ fileID: StaticString, _ line: UInt
    ) throws(EngineError) {
        if Element.dtype == dtype { return }
        throw Self.invalidRead(
            ArrayError(
                .unsupportedType, in: function,
                "an array of \(dtype) cannot be read as \(Element.self); cast it first"), fileID,
            line)
    }

    private func checkElements(_ fileID: StaticString, _ line: UInt) throws(EngineError) {
        if let mistake = body.missingElements {
            throw Self.invalidRead(mistake, fileID, line)
        }
    }

    /// This array, or a dense copy of it.
    private func readable(
        _ fileID: StaticString, _ line: UInt
    ) throws(EngineError) -> NDArray {
        try checkElements(fileID, line)
        do throws(ArrayError) { return try denseOrThrow() } catch {
            throw Self.invalidRead(error, fileID, line)
        }
    }

    private static func invalidRead(
        _ mistake: ArrayError, _ fileID: StaticString, _ line: UInt
    ) -> EngineError {
        EngineError(invalidCall: mistake.operation, mistake.noted(fileID, line))
    }
}
