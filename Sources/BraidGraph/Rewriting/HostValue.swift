import BraidCore
import BraidOperators

/// An array whose elements are known while a graph is rewritten, in memory of its own or as a view of
/// another one's.
struct HostValue {
    let type: TensorType
    private let layout: Layout
    private let buffer: HostBuffer

    /// A dense array whose elements are still to be written.
    private init(_ type: TensorType) {
        self.init(type, Layout(dense: type.shape), HostBuffer(byteCount: type.byteCount))
    }

    private init(_ type: TensorType, _ layout: Layout, _ buffer: HostBuffer) {
        self.type = type
        self.layout = layout
        self.buffer = buffer
    }

    init(_ constant: Graph.Constant) {
        self.init(constant.type)
        constant.bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress {
                buffer.address.copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    /// The elements as a constant of a graph.
    var constant: Graph.Constant {
        let elements = dense
        return Graph.Constant(
            type,
            bytes: Array(
                UnsafeRawBufferPointer(start: elements.buffer.address, count: type.byteCount)))
    }

    /// The view that an operator takes of this value; nil when it has to copy.
    func viewed(by op: any Operator) -> HostValue? {
        guard let layout = op.view(of: layout) else { return nil }
        return HostValue(TensorType(type.dtype, layout.shape), layout, buffer)
    }

    /// What an operator gives, run as it is outside graphs.
    static func results(
        of op: any Operator, on operands: [HostValue], types: [TensorType]
    ) -> [HostValue] {
        let takesDense = Swift.type(of: op).traits.contains(.denseInputs)
        let inputs = takesDense ? operands.map(\.dense) : operands
        let outputs = types.map { HostValue($0) }
        let inputTypes = inputs.map(\.type)
        let scratch = HostBuffer(byteCount: op.scratchByteCount(for: inputTypes.span))
        inputs.map(\.view).withUnsafeBufferPointer { inputs in
            outputs.map(\.view).withUnsafeBufferPointer { outputs in
                op.evaluate(
                    KernelContext(
                        inputs: inputs, outputs: outputs,
                        scratch: scratch.byteCount > 0 ? scratch.address : nil, splitter: nil))
            }
        }
        // The views do not keep the memory.
        withExtendedLifetime((inputs, scratch)) {}
        return outputs
    }

    /// Whether an operator takes these values.
    static func areTaken(_ operands: [HostValue], by op: any Operator) -> Bool {
        let takesDense = Swift.type(of: op).traits.contains(.denseInputs)
        let inputs = takesDense ? operands.map(\.dense) : operands
        defer { withExtendedLifetime(inputs) {} }
        return inputs.map(\.view).withUnsafeBufferPointer { inputs in
            do throws(ArrayError) {
                try op.checkValues(
                    KernelContext(
                        inputs: inputs, outputs: UnsafeBufferPointer(start: nil, count: 0),
                        scratch: nil, splitter: nil))
                return true
            } catch { return false }
        }
    }

    private var view: TensorView {
        TensorView(
            type: type, strides: layout.strides,
            address: buffer.address + layout.offset * type.dtype.size)
    }

    private var dense: HostValue {
        if layout.isDense, layout.offset == 0 { return self }
        let copy = HostValue(type)
        stridedCopy(from: view, to: copy.view)
        withExtendedLifetime((self, copy)) {}
        return copy
    }
}

/// Memory, 64-byte aligned as kernels expect it.
private final class HostBuffer {
    let address: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        address = .allocate(byteCount: max(byteCount, 1), alignment: 64)
    }

    deinit { address.deallocate() }
}
