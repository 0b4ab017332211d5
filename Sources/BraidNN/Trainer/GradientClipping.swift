import BraidCore
import BraidOperators
public import BraidRuntime

/// How gradients are kept small before a step.
public enum GradientClipping: Hashable, Sendable {
    /// Each element is brought into `-bound...bound`.
    case value(Double)
    /// All gradients together are scaled down to this norm when theirs is larger (Pascanu et al., ICML
    /// 2013).
    case globalNorm(Double)

    /// The clipped gradients; as they are after a mistake inside `validating`.
    /// - Precondition: the bound is positive.
    public func callAsFunction(_ gradients: [NDArray]) -> [NDArray] {
        guard check() else { return gradients }
        switch self {
        case .value(let bound): return gradients.map { $0.clamped(to: -bound...bound) }
        case .globalNorm(let bound):
            // The constant keeps the factor of no gradient at all finite.
            let factor = minimum(bound / (BraidNN.globalNorm(of: gradients) + 1e-6), 1)
            return gradients.map { $0 * factor.cast(to: $0.dtype) }
        }
    }

    @discardableResult
    func check(_ fileID: StaticString? = nil, _ line: UInt = 0) -> Bool {
        switch self {
        case .value(let bound), .globalNorm(let bound):
            ArrayError.check(
                bound > 0, in: "gradient clipping", "the bound \(bound) is not positive",
                fileID, line)
        }
    }
}

/// The norm of arrays as if they were one vector, f64 [].
public func globalNorm(of arrays: [NDArray]) -> NDArray {
    arrays.reduce(.zeros([], dtype: .f64)) { $0 + $1.square().sum().cast(to: .f64) }.squareRoot()
}

extension ParameterList {
    /// Scales the new gradients down so that their norm together is at most `bound`. Parameters without a
    /// gradient do not count, nor gradients that a trainer's step has used before.
    /// - Returns: the norm before, f64 [].
    /// - Precondition: `bound` is positive.
    @discardableResult
    public func clipGradients(toGlobalNorm bound: Double) -> NDArray {
        let clipped = compactMap { element -> (parameter: Parameter, gradient: NDArray)? in
            guard element.parameter.gradientNews.isNew else { return nil }
            return element.parameter.gradient.map { (parameter: element.parameter, gradient: $0) }
        }
        let gradients = clipped.map(\.gradient)
        let results = GradientClipping.globalNorm(bound)(gradients)
        for (row, result) in zip(clipped, results) { row.parameter.gradient = result }
        return globalNorm(of: gradients)
    }
}
