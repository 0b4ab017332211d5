import BraidCore
import Foundation

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
        let (target, layout) = (view.address, strides)
        HostArray.forEachIndex(of: shape) { index in
            (target + layout.position(of: index) * size).copyMemory(
                from: value.buffer.address + dense.position(of: index) * size, byteCount: size)
        }
    }
}

extension Strides {
    /// Where an element stands, counted from the first.
    fileprivate func position(of index: [Int]) -> Int {
        var position = 0
        for axis in index.indices { position += index[axis] * self[axis] }
        return position
    }
}

extension DenseValue {
    /// Whether all elements along an axis have the same bytes.
    fileprivate func isConstant(along axis: Int) -> Bool {
        let strides = Strides(dense: type.shape)
        let size = type.dtype.size
        var isConstant = true
        HostArray.forEachIndex(of: type.shape) { index in
            let position = strides.position(of: index)
            let first = position - index[axis] * strides[axis]
            isConstant =
                isConstant
                && memcmp(
                    buffer.address + position * size, buffer.address + first * size, size) == 0
        }
        return isConstant
    }
}
