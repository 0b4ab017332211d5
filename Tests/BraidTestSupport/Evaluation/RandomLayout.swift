import BraidCore

/// A value laid out as a view of a larger array: transposed, with steps and gaps, backward, or
/// broadcast where its elements allow it.
struct StridedValue {
    let view: TensorView
    let buffer: GuardedBuffer

    /// The elements of `value` in a random layout.
    init(_ value: DenseValue, _ generator: inout SeededGenerator) {
        let shape = value.type.shape
        let dense = Strides(dense: shape)
        var order = Array(0..<shape.rank)
        if generator.oneIn(2) { order.shuffle(using: &generator) }

        var strides = Strides()
        var offset = 0
        var storageCount = 1
        for axis in order.reversed() {
            let extent = shape[axis]
            if extent > 1, generator.oneIn(2), value.isConstant(along: axis) { continue }
            let step = generator.oneIn(3) ? generator.int(2...3) : 1
            let (before, after) = generator.oneIn(3) ? (generator.int(0...2), 1) : (0, 0)
            let isBackward = generator.oneIn(6)
            strides[axis] = (isBackward ? -step : step) * storageCount
            let first = before + (isBackward ? step * max(extent - 1, 0) : 0)
            offset += first * storageCount
            storageCount *= before + max(extent, 1) * step + after
        }

        let size = value.type.dtype.size
        buffer = GuardedBuffer(byteCount: storageCount * size, garbage: 0x7E)
        view = TensorView(
            type: value.type, strides: strides, address: buffer.address + offset * size)
        for index in HostArray.indices(of: shape) {
            let (source, target) = index.indices.reduce((0, 0)) {
                ($0.0 + index[$1] * dense[$1], $0.1 + index[$1] * strides[$1])
            }
            (view.address + target * size).copyMemory(
                from: value.buffer.address + source * size, byteCount: size)
        }
    }
}

extension DenseValue {
    /// Whether all elements along an axis have the same bytes.
    fileprivate func isConstant(along axis: Int) -> Bool {
        let strides = Strides(dense: type.shape)
        let size = type.dtype.size
        return HostArray.indices(of: type.shape).allSatisfy { index in
            let position = index.indices.reduce(0) { $0 + index[$1] * strides[$1] }
            let first = position - index[axis] * strides[axis]
            return (0..<size).allSatisfy {
                buffer.address.load(fromByteOffset: position * size + $0, as: UInt8.self)
                    == buffer.address.load(fromByteOffset: first * size + $0, as: UInt8.self)
            }
        }
    }
}
