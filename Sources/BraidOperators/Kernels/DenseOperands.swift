import BraidCore
import BraidPlatform
import CBraidKernels

extension KernelContext {
    /// The elements of an input of an operator with the `denseInputs` trait.
    func dense(_ index: Int) -> UnsafeMutableRawPointer {
        let input = inputs[index]
        invariant(input.isDense, "an operator with the trait denseInputs got a strided input")
        return input.address
    }
}

extension TensorView {
    /// The type as kernels name it.
    var kernelType: braid_dtype { braid_dtype(UInt32(dtype.rawValue)) }

    /// The elements that a layout over this view's storage selects.
    func viewed(_ layout: Layout) -> TensorView {
        TensorView(
            type: TensorType(dtype, layout.shape), strides: layout.strides,
            address: address + layout.offset * dtype.size)
    }

    /// Where the elements stand, counted from `address`.
    var layout: Layout { Layout(shape: shape, strides: strides, offset: 0) }

    /// Writes zeros over the elements of this dense view.
    func clear() {
        address.initializeMemory(as: UInt8.self, repeating: 0, count: type.byteCount)
    }

    /// This dense view with another shape of as many elements.
    func reshaped(to shape: Shape) -> TensorView { viewed(Layout(dense: shape)) }
}
