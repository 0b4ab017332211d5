import Braid

/// The rows of layers that normalise.
extension LayerSample {
    static let normalization: [LayerSample] = [
        LayerSample("BatchNorm", images) { BatchNorm() },
        LayerSample("BatchNorm", variant: "of vectors, no weights", [[4, 3], [6, 3]]) {
            BatchNorm(channels: 3, epsilon: 1e-3, momentum: 0.3, isAffine: false)
        },
        LayerSample("BatchNorm", variant: "between convolutions", images) {
            let shared = BatchNorm()
            return Sequential {
                Conv2D(4, kernel: 3, padding: 1, usesBias: false)
                shared
                Activation.relu
                Conv2D(4, kernel: 3, groups: 4)
                shared.hybridized()
            }
        },
        LayerSample("LayerNorm", [[3, 4], [2, 5, 4]]) { LayerNorm() },
        LayerSample("LayerNorm", variant: "two axes, no bias", [[3, 4, 5], [2, 2, 4, 5]]) {
            LayerNorm(axes: 2, shape: [4, 5], epsilon: 1e-3, usesBias: false)
        },
        LayerSample("RMSNorm", [[3, 4], [2, 5, 4]]) { RMSNorm(4) },
        LayerSample("GroupNorm", [[2, 6, 3, 4], [1, 6, 5]]) { GroupNorm(groups: 3) },
        LayerSample("InstanceNorm", images) { InstanceNorm() },
        LayerSample("InstanceNorm", variant: "weights", images) {
            InstanceNorm(channels: 3, isAffine: true)
        },
    ]
}
