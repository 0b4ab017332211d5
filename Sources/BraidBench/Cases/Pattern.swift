import Braid

/// Values that any program can make again: `frac((i + 1) φ + 0.7548776662466927 seed) - 0.5` in
/// double precision, with φ the golden section; evenly spread over `-0.5..<0.5`.
enum Pattern {
    /// An array of such values times `scale` plus `center`, as f32.
    static func array(
        _ shape: Shape, seed: Int, scale: Double = 1, center: Double = 0
    ) -> NDArray {
        NDArray(
            (0..<shape.elementCount).map {
                Float(value(at: $0, seed: seed) * scale + center)
            }, shape: shape)
    }

    /// Class numbers below `classes`, as i64.
    static func labels(_ shape: Shape, below classes: Int, seed: Int) -> NDArray {
        NDArray(
            (0..<shape.elementCount).map {
                Int64((value(at: $0, seed: seed) + 0.5) * Double(classes))
            }, shape: shape)
    }

    /// The sum of all elements, each times a value of the pattern, in double precision.
    static func checksum(_ array: NDArray) throws -> Double {
        let values = try array.cast(to: .f64).scalars(as: Double.self)
        var sum = 0.0
        for (index, element) in values.enumerated() { sum += element * value(at: index, seed: 0) }
        return sum
    }

    private static func value(at index: Int, seed: Int) -> Double {
        let position = Double(index + 1) * 0.6180339887498949 + Double(seed) * 0.7548776662466927
        return position - position.rounded(.down) - 0.5
    }
}
