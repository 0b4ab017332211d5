import BraidCore
public import BraidEngine
import BraidOperators
public import BraidRuntime

/// Pearson's correlation coefficient of all predictions and labels, as elements.
public struct PearsonCorrelation: Metric {
    /// Count, both means, both sums of squared deviations, and that of their products; f64 [].
    private var count = NDArray(Double(0))
    private var means = (NDArray(Double(0)), NDArray(Double(0)))
    private var squares = (NDArray(Double(0)), NDArray(Double(0)))
    private var products = NDArray(Double(0))

    /// A metric that has seen nothing.
    public init() {}

    /// Adds a batch, which is joined with those before by the rule of Chan et al. (1979), so that large
    /// means cost no digits.
    /// - Precondition: both arrays have one shape.
    public mutating func update(_ predictions: NDArray, _ labels: NDArray) {
        ArrayError.check(
            predictions.shape == labels.shape, in: "Pearson correlation",
            "predictions of shape \(predictions.shape) with labels of shape \(labels.shape)")
        if predictions.count == 0 { return }
        let (x, y) = (
            predictions.detached().cast(to: .f64), labels.detached().cast(to: .f64)
        )
        let added = Double(x.count)
        let (mean, other) = (x.mean(), y.mean())
        let (dx, dy) = (x - mean, y - other)
        let (stepX, stepY) = (mean - means.0, other - means.1)
        let total = count + added
        let between = count * added / total
        squares.0 += dx.square().sum() + stepX.square() * between
        squares.1 += dy.square().sum() + stepY.square() * between
        products += (dx * dy).sum() + stepX * stepY * between
        means.0 += stepX * added / total
        means.1 += stepY * added / total
        count = total
    }

    /// The coefficient so far, from -1 to 1; 0 when either side does not vary.
    /// - Throws: `EngineError`, the failure that the predictions depend on.
    public func value(fileID: StaticString, line: UInt) throws(EngineError) -> Double {
        func number(_ array: NDArray) throws(EngineError) -> Double {
            try array.scalar(as: Double.self, fileID: fileID, line: line)
        }
        // Roots one by one: the product of large or of small squares is no number.
        let x = try number(squares.0).squareRoot()
        let y = try number(squares.1).squareRoot()
        return x == 0 || y == 0 ? 0 : try number(products) / x / y
    }

    /// Forgets all batches.
    public mutating func reset() { self = PearsonCorrelation() }
}
