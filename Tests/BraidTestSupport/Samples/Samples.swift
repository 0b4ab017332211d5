extension Sample {
    /// The rows of all operators.
    package static let all: [Sample] =
        creation + random + unary + binary + binaryScalar + comparison + truth + [
            select, productSum,
        ] + cast
        + reduction + wideReduction + argReduction + [reshape, transpose, broadcast, concatenate]
        + slice
        + [matrixProduct, fusedPointwise] + convolution + maxPooling + averagePooling + softmax + [
            crossEntropy, causalSoftmax,
        ]
        + [gather, scatterAdd, rangeCheck, flip, stopGradient] + alongAxis + sorting + linearAlgebra
        + normalization + recurrent
}
