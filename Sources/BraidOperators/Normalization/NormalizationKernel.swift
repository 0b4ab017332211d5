import BraidCore
import CBraidKernels

/// The work of one normalisation, or of its gradient.
struct NormalizationKernel {
    typealias Kernel =
        @convention(c) (
            braid_dtype, UnsafePointer<braid_normalization_arguments>?, Int64, Int64
        ) -> Void

    /// What kernels get; the extents and the operand are set.
    var arguments = braid_normalization_arguments()
    private let dtype: braid_dtype

    init(_ axes: NormalizedAxes, _ x: TensorView, epsilon: Double) {
        dtype = x.kernelType
        let shape = x.shape
        func product(_ axes: Range<Int>) -> Int64 {
            Int64(axes.reduce(1) { saturatingProduct($0, shape[$1]) })
        }
        arguments.outer = 1
        arguments.channels = 1
        arguments.period = 1
        switch axes {
        case .channels:
            arguments.outer = Int64(shape[0])
            arguments.groups = Int64(shape[1])
            arguments.period = Int64(shape[1])
            arguments.inner = product(2..<shape.rank)
        case .groups(let count):
            arguments.groups = Int64(saturatingProduct(shape[0], count))
            arguments.period = Int64(count)
            arguments.channels = Int64(shape[1] / count)
            arguments.inner = product(2..<shape.rank)
        case .trailing(let count):
            arguments.groups = product(0..<shape.rank - count)
            arguments.inner = product(shape.rank - count..<shape.rank)
        }
        arguments.epsilon = epsilon
        arguments.x = UnsafeRawPointer(x.address)
    }

    /// Sets weights, which belong to what the axes say.
    mutating func setWeight(_ weight: UnsafeRawPointer, of axes: NormalizedAxes) {
        arguments.weight = weight
        if case .trailing = axes { arguments.weighs_elements = 1 }
    }

    /// Runs a kernel over all groups.
    func run(_ kernel: Kernel, _ context: borrowing KernelContext) {
        let channels = saturatingProduct(Int(arguments.outer), Int(arguments.channels))
        let cost = saturatingProduct(saturatingProduct(8, channels), Int(arguments.inner))
        run(kernel, Pieces(Int(arguments.groups), cost: cost), context)
    }

    /// Runs a kernel over the elements that all groups have.
    func runOverElements(_ kernel: Kernel, _ context: borrowing KernelContext) {
        let cost = saturatingProduct(4, Int(arguments.groups))
        run(kernel, Pieces(Int(arguments.inner), cost: cost, unit: 64), context)
    }

    private func run(_ kernel: Kernel, _ pieces: Pieces, _ context: borrowing KernelContext) {
        withUnsafePointer(to: arguments) { arguments in
            context.parallelFor(pieces.count) { piece in
                let range = pieces[piece]
                kernel(dtype, arguments, Int64(range.lowerBound), Int64(range.upperBound))
            }
        }
    }
}
