import BraidCore

/// The gradient of `Σ cotangents · function(inputs)` by each element of the inputs named by
/// `positions`, by central differences.
///
/// - Precondition: everything is f64 but inputs that are not differentiated.
public func numericalGradients(
    of function: ([HostArray]) throws -> [HostArray], at inputs: [HostArray],
    positions: [Int], cotangents: [HostArray]
) rethrows -> [HostArray] {
    func value(_ inputs: [HostArray]) throws -> Double {
        try zip(function(inputs), cotangents).reduce(0) { sum, pair in
            zip(pair.0.reals, pair.1.reals).reduce(sum) { $0 + $1.0 * $1.1 }
        }
    }
    return try positions.map { position in
        var gradient: [Double] = []
        for element in inputs[position].elements.indices {
            let center = inputs[position].elements[element].real
            // The cube root of 2^-52: the errors of rounding and of the differences balance.
            let step = 0x1p-17 * max(1, abs(center))
            func moved(by distance: Double) throws -> Double {
                var inputs = inputs
                inputs[position].elements[element] = .real(center + distance)
                return try value(inputs)
            }
            // The exact distance between the two points, after rounding.
            let distance = (center + step) - (center - step)
            gradient.append(try (moved(by: step) - moved(by: -step)) / distance)
        }
        return HostArray(.f64, inputs[position].shape, gradient)
    }
}
