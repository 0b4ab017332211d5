extension Sample {
    /// The rows of all operators.
    static let all: [Sample] =
        unary + binary + binaryScalar + comparison + truth + [select] + creation + cast
        + reduction + argReduction + [reshape, transpose, broadcast, concatenate] + slice
}
