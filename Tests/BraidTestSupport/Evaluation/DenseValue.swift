import BraidCore

/// A value of a graph under evaluation: dense elements in memory of their own.
struct DenseValue {
    let type: TensorType
    let buffer: GuardedBuffer

    /// A value that holds garbage.
    init(_ type: TensorType, garbage: UInt8 = 0xA5) {
        self.type = type
        buffer = GuardedBuffer(byteCount: type.byteCount, garbage: garbage)
    }

    init(_ array: HostArray) {
        self.init(array.type)
        let size = type.dtype.size
        for (position, element) in array.elements.enumerated() {
            type.dtype.store(element, to: buffer.address + position * size)
        }
    }

    var array: HostArray {
        HostArray(
            type,
            (0..<type.count).map { type.dtype.load(from: buffer.address + $0 * type.dtype.size) })
    }

    /// The value as kernels see it.
    var view: TensorView {
        TensorView(type: type, strides: Strides(dense: type.shape), address: buffer.address)
    }
}
