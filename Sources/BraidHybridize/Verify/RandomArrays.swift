import Braid

extension NDArray {
    /// Arrays of random elements: numbers in -1...1; whole numbers 0 and 1.
    /// - Throws: `ArrayError` when no memory holds them.
    static func random(_ types: [TensorType], seed: UInt64) throws -> [NDArray] {
        RandomSource.seed(seed)
        return try validating {
            types.map { type in
                type.dtype.isFloating
                    ? .uniform(type.shape, from: -1, to: 1).cast(to: type.dtype)
                    : .bernoulli(type.shape, probability: 0.5).cast(to: type.dtype)
            }
        }
    }

    /// The same for inputs of unknown meaning. Where `body` fails on the whole numbers they are 0, which
    /// every index and label may be: 1 is outside an axis of one element.
    /// - Returns: the arrays, and what `body` makes of them.
    /// - Throws: `ArrayError` when no memory holds them, or the mistake of `body`.
    static func random(
        _ types: [TensorType], seed: UInt64, accepted body: ([NDArray]) -> [NDArray]
    ) throws -> (arrays: [NDArray], results: [NDArray]) {
        let arrays = try random(types, seed: seed)
        let results = try validating { body(arrays) }
        if arrays.allSatisfy(\.dtype.isFloating) { return (arrays, results) }
        do {
            for result in results { try result.waitUntilReady() }
            return (arrays, results)
        } catch {
            let arrays = try validating {
                arrays.map { $0.dtype.isFloating ? $0 : .zeros($0.shape, dtype: $0.dtype) }
            }
            return (arrays, try validating { body(arrays) })
        }
    }
}
