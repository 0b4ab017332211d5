public import BraidCore
import BraidPlatform

/// All operators of this module, by name.
public enum Catalog {
    /// The operators, each listed once.
    public static let operators: [any Operator.Type] = [
        Fill.self, ArithmeticSequence.self,
        RandomUniform.self, RandomNormal.self, RandomBernoulli.self,
        Unary.self, Binary.self, BinaryScalar.self,
        Comparison.self, ComparisonScalar.self, Logical.self, IsNaN.self,
        Select.self, ProductSum.self, Cast.self, Copy.self, FusedPointwise.self,
        Reduction.self, ArgReduction.self,
        Reshape.self, Transpose.self, Broadcast.self, Concatenate.self, Flip.self,
        StridedSlice.self, StridedSliceGradient.self, StridedSliceUpdate.self, StopGradient.self,
        MatrixProduct.self,
        Convolution.self, TransposedConvolution.self, ConvolutionWeightGradient.self,
        MaxPooling.self, MaxPoolingGradient.self, MaxPoolingGather.self,
        AveragePooling.self, AveragePoolingGradient.self,
        Softmax.self, LogSoftmax.self, CausalSoftmax.self, SoftmaxCrossEntropy.self,
        Normalization.self, NormalizationGradient.self,
        Gather.self, ScatterAdd.self, TakeAlongAxis.self, ScatterAlongAxis.self,
        ScatterAddAlongAxis.self, RangeCheck.self, ArgSort.self, Cumulative.self,
        LinearRecurrence.self,
        Cholesky.self, TriangularSolve.self, LinearSolve.self, Determinant.self,
        QRFactorization.self, RecurrentSequence.self, RecurrentSequenceGradient.self,
    ]

    private static let byName: [String: any Operator.Type] = {
        var table: [String: any Operator.Type] = [:]
        for type in operators {
            let previous = table.updateValue(type, forKey: type.name)
            invariant(
                previous == nil, "two operators are called '\(type.name)': \(type) and \(previous!)"
            )
        }
        return table
    }()

    /// The operator of a name, as in graph files; nil when none has it.
    public static subscript(name: String) -> (any Operator.Type)? { byName[name] }
}
