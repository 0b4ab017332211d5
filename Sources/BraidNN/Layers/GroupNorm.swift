public import BraidCore
import BraidOperators
public import BraidRuntime

/// Group normalisation (Wu and He, ECCV 2018): in each sample of `[batch, channels, extents…]` the elements
/// of each group of neighbouring channels are brought to mean 0 and variance 1; each channel is multiplied
/// by `weight`, and `bias` is added.
public struct GroupNorm: Block {
    /// `[channels]`, or nil.
    public let weight: Parameter?
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// How many groups the channels make.
    public let groups: Int
    /// Added to variances.
    public let epsilon: Double

    /// A layer.
    /// - Parameters:
    ///   - channels: learnt from the first input when nil.
    ///   - isAffine: whether there are weights and biases.
    /// - Precondition: `groups` is positive and divides the channels; `epsilon` is not negative.
    public init(
        groups: Int, channels: Int? = nil, epsilon: Double = 1e-5, isAffine: Bool = true,
        dtype: DType = .f32, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("group_norm", fileID, line)
        let (groups, channels) = (
            check.extent(groups, "groups"), check.extent(channels, "channels")
        )
        check.require(
            (channels ?? groups) % groups == 0,
            "the groups, \(groups), do not divide the channels, \(channels ?? 0)")
        self.groups = groups
        self.epsilon = epsilon
        let parameters = NormalizationParameters(
            check, channels.map { Shape([$0]) }, epsilon: epsilon, isAffine: isAffine, dtype)
        (weight, bias) = (parameters.weight, parameters.bias)
    }

    /// Normalises.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.resolveChannels([weight, bias], for: "group_norm") else { return x }
        return x.groupNormalized(
            groups: groups, weight: weight?.wrappedValue, bias: bias?.wrappedValue,
            epsilon: epsilon)
    }
}

/// Instance normalisation (Ulyanov, Vedaldi and Lempitsky, 2016): each channel of each sample of
/// `[batch, channels, extents…]` is brought to mean 0 and variance 1, in training and in prediction; with
/// weights, each channel is multiplied by `weight`, and `bias` is added.
public struct InstanceNorm: Block {
    /// `[channels]`, or nil.
    public let weight: Parameter?
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// Added to variances.
    public let epsilon: Double

    /// A layer.
    /// - Parameters:
    ///   - channels: learnt from the first input when nil.
    ///   - isAffine: whether there are weights and biases; not by default, as in PyTorch.
    /// - Precondition: `epsilon` is not negative.
    public init(
        channels: Int? = nil, epsilon: Double = 1e-5, isAffine: Bool = false, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        self.epsilon = epsilon
        let check = ArgumentCheck("instance_norm", fileID, line)
        let channels = check.extent(channels, "channels")
        let parameters = NormalizationParameters(
            check, channels.map { Shape([$0]) }, epsilon: epsilon, isAffine: isAffine, dtype)
        (weight, bias) = (parameters.weight, parameters.bias)
    }

    /// Normalises.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.resolveChannels([weight, bias], for: "instance_norm") else { return x }
        return x.instanceNormalized(
            weight: weight?.wrappedValue, bias: bias?.wrappedValue, epsilon: epsilon)
    }
}
