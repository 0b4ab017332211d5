import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Products whose right operand is packed in pieces before all others read it: in any order of the pieces and
/// on several threads the bits are the same (`OperatorRun.observed`). Large enough that there are several
/// of both; the random shapes of samples are not.
@Suite(.printsSeed) struct SharedPackingTests {
    private func check(_ op: any Operator, _ shapes: [Shape]) {
        Seeds.repeated(2) { generator in
            let inputs = shapes.map { shape in
                HostArray(TensorType(.f32, shape)) { _ in .real(Double(generator.int(-8...8)) / 4) }
            }
            let (outputs, pieceCount) = try OperatorRun.observed(op, inputs, &generator)
            #expect(pieceCount > 1)
            // A sum of few eighths, exact in f32.
            let first = outputs[0].elements[0].real
            #expect(first == (first * 16).rounded() / 16)
        }
    }

    @Test func matrices() {
        check(MatrixProduct(), [[300, 700], [700, 500]])
        check(MatrixProduct(), [[3, 100, 700], [700, 333]])
    }

    private func geometry(stride: Int, padding: Int = 1) -> ConvolutionGeometry {
        ConvolutionGeometry(
            stride: Spatial([stride, stride]), padding: Spatial([padding, padding]),
            dilation: Spatial([1, 1]))
    }

    @Test func convolutions() {
        // Gathered in runs along rows, and side by side.
        check(Convolution(geometry(stride: 2)), [[1, 256, 28, 28], [256, 256, 3, 3]])
        check(Convolution(geometry(stride: 1)), [[1, 256, 14, 14], [256, 256, 3, 3]])
        check(
            Convolution(geometry(stride: 1, padding: 0)), [[1, 1024, 13, 13], [300, 1024, 1, 1]])
    }

    @Test func transposedConvolutions() {
        check(
            TransposedConvolution(geometry(stride: 2), output: Spatial([28, 28])),
            [[1, 256, 14, 14], [256, 128, 3, 3]])
    }
}
