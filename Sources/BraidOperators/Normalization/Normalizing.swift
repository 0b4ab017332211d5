public import BraidCore

extension Operand {
    /// The elements of the last `axes` axes brought to mean 0 and variance 1, times `weight`, plus `bias`,
    /// which have these axes' extents; of f32 and f64 (Ba, Kiros and Hinton, Layer normalization, 2016).
    /// - Parameter epsilon: added to variances before their roots are taken.
    /// - Precondition: `axes` is in `1...rank`.
    public func layerNormalized(
        overLast axes: Int = 1, weight: Self? = nil, bias: Self? = nil, epsilon: Double = 1e-5
    ) -> Self {
        normalized(.trailing(axes: axes), weight, bias, epsilon)[0]
    }

    /// The elements of the last `axes` axes divided by the root of their mean square, times `weight`, which
    /// has these axes' extents; of f32 and f64 (Zhang and Sennrich, NeurIPS 2019).
    /// - Parameter epsilon: added to mean squares before their roots are taken.
    /// - Precondition: `axes` is in `1...rank`.
    public func rmsNormalized(
        overLast axes: Int = 1, weight: Self? = nil, epsilon: Double = 1e-5
    ) -> Self {
        normalized(.trailing(axes: axes), weight, nil, epsilon, isCentered: false)[0]
    }

    /// The elements of each of `groups` groups of neighbouring channels of each sample of
    /// `[batch, channels, extents…]` brought to mean 0 and variance 1, times `weight`, plus `bias`, both
    /// `[channels]`; of f32 and f64 (Wu and He, ECCV 2018).
    /// - Parameter epsilon: added to variances before their roots are taken.
    /// - Precondition: `groups` divides the channels.
    public func groupNormalized(
        groups: Int, weight: Self? = nil, bias: Self? = nil, epsilon: Double = 1e-5
    ) -> Self {
        normalized(.groups(count: groups), weight, bias, epsilon)[0]
    }

    /// The elements of each channel of each sample of `[batch, channels, extents…]` brought to mean 0 and
    /// variance 1, times `weight`, plus `bias`, both `[channels]`; of f32 and f64 (Ulyanov, Vedaldi and
    /// Lempitsky, 2016).
    /// - Parameter epsilon: added to variances before their roots are taken.
    /// - Precondition: the rank is at least 2.
    public func instanceNormalized(
        weight: Self? = nil, bias: Self? = nil, epsilon: Double = 1e-5
    ) -> Self {
        // Without channels there is one group of nothing.
        let channels = rank > 1 ? Swift.max(shape[1], 1) : 1
        return groupNormalized(groups: channels, weight: weight, bias: bias, epsilon: epsilon)
    }

    /// The elements of each channel of `[batch, channels, extents…]`, over all samples, brought to mean 0
    /// and variance 1, times `weight`, plus `bias`, both `[channels]`; of f32 and f64 (Ioffe and Szegedy,
    /// ICML 2015).
    /// - Parameter epsilon: added to variances before their roots are taken.
    /// - Returns: the result, and the mean and the variance `Σ (x - mean)² / n` of each channel.
    /// - Precondition: the rank is at least 2.
    public func batchNormalized(
        weight: Self? = nil, bias: Self? = nil, epsilon: Double = 1e-5
    ) -> (normalized: Self, mean: Self, variance: Self) {
        let results = normalized(.channels, weight, bias, epsilon)
        guard results.count == 3 else { return (self, self, self) }  // after a report
        return (results[0], results[2], results[1])
    }

    /// The channels of `[batch, channels, extents…]` with known means and variances brought to mean 0 and
    /// variance 1, times `weight`, plus `bias`, all `[channels]`: one scale and one shift per channel, of
    /// f32 and f64.
    /// - Parameter epsilon: added to variances before their roots are taken.
    /// - Precondition: the rank is at least 2.
    public func batchNormalized(
        mean: Self, variance: Self, weight: Self? = nil, bias: Self? = nil, epsilon: Double = 1e-5
    ) -> Self {
        guard rank >= 2, mean.shape == [shape[1]], variance.shape == mean.shape else {
            return refused(
                .shapeMismatch, in: "batch_normalization",
                "takes [batch, channels, extents…] and statistics [channels], not shapes \(shape), "
                    + "\(mean.shape) and \(variance.shape)"
            )
        }
        guard epsilon >= 0, epsilon.isFinite else {
            return refused(
                .invalidValue, in: "batch_normalization",
                "the epsilon \(epsilon) is negative or not finite")
        }
        var scale = (variance + epsilon).reciprocalSquareRoot()
        if let weight { scale = scale * weight }
        let shift = bias.map { $0 - mean * scale } ?? -(mean * scale)
        let channels = [shape[1]] + [Int](repeating: 1, count: rank - 2)
        return shift.reshaped(to: channels).addingProduct(self, scale.reshaped(to: channels))
    }

    private func normalized(
        _ axes: NormalizedAxes, _ weight: Self?, _ bias: Self?, _ epsilon: Double,
        isCentered: Bool = true
    ) -> [Self] {
        // Biases have their place after weights.
        let weight = weight ?? bias.map { .full($0.shape, 1, dtype: $0.dtype) }
        return Self.applyAll(
            Normalization(axes, epsilon: epsilon, isCentered: isCentered),
            to: [self, weight, bias].compactMap(\.self))
    }
}
