public import BraidCore
import BraidOperators
public import BraidRuntime

/// Layer normalisation (Ba, Kiros and Hinton, 2016): the elements of the last axes are brought to mean 0 and
/// variance 1, multiplied by `weight`, and `bias` is added. Takes `[…, normalised extents…]`.
public struct LayerNorm: Block {
    /// The normalised extents, or nil.
    public let weight: Parameter?
    /// The normalised extents, or nil.
    public let bias: Parameter?
    /// How many axes are normalised.
    public let axes: Int
    /// Added to variances.
    public let epsilon: Double

    /// A layer.
    /// - Parameters:
    ///   - axes: how many of the last axes are normalised.
    ///   - shape: their extents; learnt from the first input when nil.
    ///   - isAffine: whether there are weights and, unless `usesBias` is false, biases.
    /// - Precondition: `axes` is positive and, with a shape, its rank; `epsilon` is not negative.
    public init(
        axes: Int = 1, shape: Shape? = nil, epsilon: Double = 1e-5, isAffine: Bool = true,
        usesBias: Bool = true, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("layer_norm", fileID, line)
        self.axes = check.axes(axes, shape)
        self.epsilon = epsilon
        let parameters = NormalizationParameters(
            check, shape, epsilon: epsilon, isAffine: isAffine, usesBias: usesBias,
            dtype)
        (weight, bias) = (parameters.weight, parameters.bias)
    }

    /// A layer over the last axis, which has so many elements.
    public init(
        _ width: Int, epsilon: Double = 1e-5, usesBias: Bool = true, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let width = ArgumentCheck("layer_norm", fileID, line).extent(width, "width")
        self.init(
            shape: [width], epsilon: epsilon, usesBias: usesBias, dtype: dtype, fileID: fileID,
            line: line)
    }

    /// Normalises.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.resolveLastAxes(axes, [weight, bias], for: "layer_norm") else { return x }
        return x.layerNormalized(
            overLast: axes, weight: weight?.wrappedValue, bias: bias?.wrappedValue,
            epsilon: epsilon)
    }
}

/// Root mean square normalisation (Zhang and Sennrich, NeurIPS 2019): the elements of the last axes are
/// divided by the root of their mean square and multiplied by `weight`. Takes `[…, normalised extents…]`.
public struct RMSNorm: Block {
    /// The normalised extents, or nil.
    public let weight: Parameter?
    /// How many axes are normalised.
    public let axes: Int
    /// Added to mean squares.
    public let epsilon: Double

    /// A layer.
    /// - Parameters:
    ///   - axes: how many of the last axes are normalised.
    ///   - shape: their extents; learnt from the first input when nil.
    ///   - epsilon: PyTorch's default is the dtype's rounding unit instead.
    ///   - isAffine: whether there are weights.
    /// - Precondition: `axes` is positive and, with a shape, its rank; `epsilon` is not negative.
    public init(
        axes: Int = 1, shape: Shape? = nil, epsilon: Double = 1e-5, isAffine: Bool = true,
        dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("rms_norm", fileID, line)
        self.axes = check.axes(axes, shape)
        self.epsilon = epsilon
        weight =
            NormalizationParameters(
                check, shape, epsilon: epsilon, isAffine: isAffine, dtype
            ).weight
    }

    /// A layer over the last axis, which has so many elements.
    public init(
        _ width: Int, epsilon: Double = 1e-5, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let width = ArgumentCheck("rms_norm", fileID, line).extent(width, "width")
        self.init(
            shape: [width], epsilon: epsilon, dtype: dtype, fileID: fileID, line: line)
    }

    /// Normalises.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.resolveLastAxes(axes, [weight], for: "rms_norm") else { return x }
        return x.rmsNormalized(overLast: axes, weight: weight?.wrappedValue, epsilon: epsilon)
    }
}

extension ArgumentCheck {
    /// How many of the last axes are normalised, whose extents are known or not.
    fileprivate func axes(_ axes: Int, _ shape: Shape?) -> Int {
        let isRight =
            (1...Shape.maximumRank).contains(axes) && shape?.rank ?? axes == axes
        require(
            isRight,
            "the axes, \(axes), cannot be normalised" + (shape.map { " with shape \($0)" } ?? ""))
        return isRight ? axes : 1
    }
}
