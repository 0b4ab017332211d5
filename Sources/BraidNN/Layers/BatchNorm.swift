public import BraidCore
import BraidOperators
public import BraidRuntime

/// Batch normalisation (Ioffe and Szegedy, ICML 2015): each channel of `[batch, channels, extents…]`, with
/// any number of extents, is brought to mean 0 and variance 1, multiplied by `weight`, and `bias` is added.
///
/// In training, mean and variance are those of the batch, and the running ones move towards them:
/// `running = (1 - momentum) running + momentum observed`, the variance as it is estimated from a sample,
/// `Σ (x - mean)² / (n - 1)`. In prediction the running ones are used. They are parameters that trainers do
/// not move, and are saved and loaded with the others. Names, defaults and results are PyTorch's.
///
/// A frozen layer predicts, in training too: it uses the running statistics and moves none. It is frozen when
/// its running statistics are, as after `freeze()` on all parameters of the layer or of a network around it,
/// or when it has weights and biases and no gradient is computed of any of them.
///
/// In a `DataParallelStep` every shard is normalised by its own statistics, and the running ones move once a
/// step, towards the mean over the shards, each weighted by its number of samples. A channel of a single
/// element, as the last shard of a small batch may have, has the variance 0.
public struct BatchNorm: Block {
    /// `[channels]`, or nil.
    public let weight: Parameter?
    /// `[channels]`, or nil.
    public let bias: Parameter?
    /// The running mean, `[channels]`.
    @Parameter public var runningMean: NDArray
    /// The running variance, `[channels]`.
    @Parameter public var runningVariance: NDArray
    /// Added to variances.
    public let epsilon: Double
    /// How much of the way to the statistics of a batch the running ones go.
    public let momentum: Double

    /// A layer.
    /// - Parameters:
    ///   - channels: learnt from the first input when nil.
    ///   - isAffine: whether there are weights and biases.
    /// - Precondition: `epsilon` is not negative, and `momentum` is in `0...1`.
    public init(
        channels: Int? = nil, epsilon: Double = 1e-5, momentum: Double = 0.1, isAffine: Bool = true,
        dtype: DType = .f32, fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("batch_norm", fileID, line)
        check.require(
            (0...1).contains(momentum), "the momentum \(momentum) is out of range; expected 0...1")
        let channels = check.extent(channels, "channels")
        self.epsilon = epsilon
        self.momentum = momentum
        let shape = channels.map { Shape([$0]) }
        let parameters = NormalizationParameters(
            check, shape, epsilon: epsilon, isAffine: isAffine, dtype)
        (weight, bias) = (parameters.weight, parameters.bias)
        _runningMean = Parameter(shape, dtype: dtype, initializer: .zeros)
        _runningVariance = Parameter(shape, dtype: dtype, initializer: .ones)
        $runningMean.gradientMode = .none
        $runningVariance.gradientMode = .none
    }

    /// Whether the layer predicts whatever the mode is.
    private var isFrozen: Bool {
        if $runningMean.isFrozen || $runningVariance.isFrozen { return true }
        let affine = [weight, bias].compactMap(\.self)
        return !affine.isEmpty && affine.allSatisfy { $0.gradientMode == .none }
    }

    /// Normalises; in training the running statistics move, unless the layer is frozen.
    public func forward(_ x: NDArray) -> NDArray {
        let parameters = [weight, bias, $runningMean, $runningVariance]
        guard x.resolveChannels(parameters, for: "batch_norm") else { return x }
        let (weight, bias) = (weight?.wrappedValue, bias?.wrappedValue)
        if Mode.current == .predict || isFrozen {
            return x.batchNormalized(
                mean: runningMean, variance: runningVariance, weight: weight, bias: bias,
                epsilon: epsilon)
        }
        let (y, mean, variance) = x.batchNormalized(weight: weight, bias: bias, epsilon: epsilon)
        let count = x.shape[1] == 0 ? 0 : x.count / x.shape[1]
        if count > 0 {
            let estimate = Autograd.pause {
                variance * (Double(count) / Double(Swift.max(count - 1, 1)))
            }
            $runningMean.moveAverage(toward: mean, momentum: momentum)
            $runningVariance.moveAverage(toward: estimate, momentum: momentum)
        }
        return y
    }
}
