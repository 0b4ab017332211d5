import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Transposed convolutions longer at their end, against plain loops.
@Suite(.printsSeed) struct TransposedConvolutionTests {
    struct Setting: Sendable {
        let stride, padding, dilation, outputPadding: Int

        /// All output paddings below the stride or the dilation, as PyTorch and ONNX allow them.
        static let all = (1...3).flatMap { stride in
            (1...4).flatMap { dilation in
                (0...1).flatMap { padding in
                    (0..<max(stride, dilation)).map {
                        Setting(
                            stride: stride, padding: padding, dilation: dilation, outputPadding: $0)
                    }
                }
            }
        }
    }

    @Test(arguments: Setting.all) func outputPaddingBelowStrideOrDilation(_ s: Setting) {
        let (extent, kernel) = (4, 2)
        FunctionRow(
            "\(s)", [[1, 2, extent], [2, 1, kernel]], domain: Domain(specials: []),
            reductionLength: 8
        ) {
            $0[0].transposedConvolution(
                $0[1], stride: s.stride, padding: s.padding, outputPadding: s.outputPadding,
                dilation: s.dilation)
        } reference: { values in
            let length =
                (extent - 1) * s.stride - 2 * s.padding + s.dilation * (kernel - 1)
                + s.outputPadding + 1
            var sums = [Double](repeating: 0, count: length)
            for channel in 0..<2 {
                for place in 0..<extent {
                    for tap in 0..<kernel {
                        let target = place * s.stride - s.padding + tap * s.dilation
                        guard sums.indices.contains(target) else { continue }
                        sums[target] +=
                            values[0][[0, channel, place]].real * values[1][[channel, 0, tap]].real
                    }
                }
            }
            return HostArray(values[0].dtype, [1, 1, length], sums)
        }.check()
    }

    @Test func largerOnesAreNamed() {
        for (outputPadding, stride, dilation) in [(2, 1, 2), (3, 3, 1), (-1, 2, 2), (1, 1, 1)] {
            Mistake(["outputPadding", "\(outputPadding)", "\(stride)"]) {
                Symbol.ones([1, 1, 3]).transposedConvolution(
                    .ones([1, 1, 2]), stride: stride, outputPadding: outputPadding,
                    dilation: dilation)
            }.check()
        }
    }
}
