import Braid

extension NDArray {
    /// Arrays of random elements for inputs of unknown meaning: numbers in -1...1; whole numbers 0 and
    /// 1, which every index and label may be.
    static func random(_ types: [TensorType], seed: UInt64) -> [NDArray] {
        RandomSource.seed(seed)
        return types.map { type in
            type.dtype.isFloating
                ? .uniform(type.shape, from: -1, to: 1).cast(to: type.dtype)
                : .bernoulli(type.shape, probability: 0.5).cast(to: type.dtype)
        }
    }
}
