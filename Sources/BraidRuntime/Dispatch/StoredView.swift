import BraidCore

/// An operand of a pushed job: keeps the storage alive and is no handle on it, so that a pending job
/// never forces a copy.
struct StoredView: Sendable {
    let type: TensorType
    let strides: Strides
    let offset: Int
    let storage: Storage

    init(_ body: ArrayBody) {
        type = body.type
        strides = body.strides
        offset = body.offset
        storage = NDArray(body).storage
    }

    var view: TensorView {
        TensorView(
            type: type, strides: strides, address: storage.address + offset * type.dtype.size)
    }
}
