public import BraidCore
import BraidOperators

extension NDArray {
    /// An array with the given elements in row-major order. After a mistake inside `validating` it holds
    /// nothing, and reading it throws.
    /// - Precondition: there are as many elements as the shape has.
    public init<Element: Scalar>(
        _ scalars: [Element], shape: Shape, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let type = TensorType(Element.dtype, shape)
        guard scalars.count == shape.elementCount else {
            let mistake = ArrayError(
                .shapeMismatch, in: "array",
                "\(scalars.count) elements do not fill shape \(shape), which has "
                    + "\(shape.elementCount)")
            self = .invalid(mistake.reported(fileID, line), like: type)
            return
        }
        do throws(ArrayError) { try self.init(allocating: type) } catch {
            self = .invalid(error.reported(fileID, line), like: type)
            return
        }
        scalars.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress {
                storage.address.copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    /// A vector with the given elements.
    public init<Element: Scalar>(
        _ scalars: [Element], fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.init(scalars, shape: [scalars.count], fileID: fileID, line: line)
    }

    /// A scalar: shape [].
    public init<Element: Scalar>(_ scalar: Element) { self.init([scalar], shape: []) }

    /// An array whose bytes `fill` writes.
    /// - Throws: `ArrayError` when there is no memory.
    package init(
        _ type: TensorType, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(ArrayError) {
        try self.init(allocating: type)
        fill(UnsafeMutableRawBufferPointer(start: storage.address, count: type.byteCount))
    }
}

extension NDArray {
    /// A fresh key for a random operator, drawn from the process-wide random source.
    public static func randomKey() -> NDArray {
        if let trace = Scopes.current?.trace { return Trace.of(trace).key() }
        let draw = RandomSource.draw()
        return NDArray([draw.key, draw.offset], shape: [2])
    }
}
