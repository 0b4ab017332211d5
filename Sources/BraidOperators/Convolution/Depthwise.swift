import BraidCore
import CBraidKernels

extension ConvolutionProblem {
    /// Whether each group has one channel, for which there are kernels without matrix products.
    var isDepthwise: Bool { groups > 1 && channelsPerGroup == 1 }

    /// The depthwise kernels' share of work.
    func depthwise(_ kind: braid_depthwise_kind) -> Depthwise { Depthwise(self, kind) }
}

/// One of the three operations of a depthwise convolution, cut into runs of planes, or of kernels.
struct Depthwise {
    private let problem: ConvolutionProblem
    private let kind: braid_depthwise_kind
    private let pieces: Pieces
    private let geometry: braid_conv_geometry

    fileprivate init(_ problem: ConvolutionProblem, _ kind: braid_depthwise_kind) {
        self.problem = problem
        self.kind = kind
        geometry = problem.geometry.kernelGeometry(
            gathered: problem.image, channels: problem.channels, kernel: problem.kernel,
            positions: problem.result)
        let items =
            switch kind {
            case BRAID_DEPTHWISE_FORWARD: problem.batch * problem.outputs
            case BRAID_DEPTHWISE_INPUT: problem.batch * problem.channels
            default: problem.outputs
            }
        pieces = Pieces(items, cost: problem.cost / 2 / max(items, 1))
    }

    private var kernelType: braid_dtype { braid_dtype(UInt32(problem.dtype.rawValue)) }

    /// Of one piece, a multiple of 64.
    private var pieceByteCount: Int {
        withUnsafePointer(to: geometry) {
            let bytes = Kernels.table.pointee.depthwise_scratch_bytes(kernelType, $0)
            return Int(clamping: min(bytes, 1 << 62) + 63) & ~63
        }
    }

    /// Space for a plane in each piece.
    var scratchByteCount: Int { saturatingProduct(pieces.count, pieceByteCount) }

    /// Runs all pieces. The operands are those of `braid_depthwise_kind`.
    func run(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ context: borrowing KernelContext) {
        guard let scratch = context.scratch else { return }  // when there is nothing to compute
        let (stride, pieces) = (pieceByteCount, pieces)
        let result = context.outputs[0].address
        withUnsafePointer(to: geometry) { geometry in
            var arguments = braid_depthwise_arguments()
            arguments.geometry = geometry
            arguments.images = Int64(problem.batch)
            arguments.multiplier = Int64(problem.outputsPerGroup)
            arguments.a = a
            arguments.b = b
            arguments.c = result
            withUnsafePointer(to: arguments) { arguments in
                context.parallelFor(pieces.count) { piece in
                    let range = pieces[piece]
                    Kernels.table.pointee.depthwise(
                        kind, kernelType, arguments, Int64(range.lowerBound),
                        Int64(range.upperBound), scratch + piece * stride)
                }
            }
        }
    }
}
