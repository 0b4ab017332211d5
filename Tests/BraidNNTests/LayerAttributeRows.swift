import Braid

/// Absurd attributes of layers and of their initial values.
extension AttributeTests.Row {
    static let layers = sizes + windows + others

    private static let sizes = [
        making("Dense", "units -1") { _ = Dense(-1) },
        making("Dense", "units 0") { _ = Dense(0) },
        making("Dense", "units 9223372036854775807") { _ = Dense(.max) },
        making("Dense", "inputs -3") { _ = Dense(3, inputs: -3) },
        making("Conv1D", "channels 0") { _ = Conv1D(0, kernel: 3) },
        making("Conv2D", "inputs -1") { _ = Conv2D(4, kernel: 3, inputs: -1) },
        making("ConvTranspose2D", "channels -1") { _ = ConvTranspose2D(-1, kernel: 3) },
        making("BatchNorm", "channels -1") { _ = BatchNorm(channels: -1) },
        making("GroupNorm", "groups 0") { _ = GroupNorm(groups: 0) },
        making("GroupNorm", "groups, 3") { _ = GroupNorm(groups: 3, channels: 4) },
        making("InstanceNorm", "channels 0") { _ = InstanceNorm(channels: 0) },
        making("LayerNorm", "width 0") { _ = LayerNorm(0) },
        making("LayerNorm", "axes, -1") { _ = LayerNorm(axes: -1) },
        making("LayerNorm", "axes, 9") { _ = LayerNorm(axes: 9) },
        making("RMSNorm", "width -1") { _ = RMSNorm(-1) },
        making("Embedding", "vocabulary 0") { _ = Embedding(0, width: 3) },
        making("Embedding", "width -1") { _ = Embedding(3, width: -1) },
        making("PReLU", "channels 0") { _ = PReLU(channels: 0) },
        making("MultiHeadAttention", "heads, 3") { _ = MultiHeadAttention(8, heads: 3) },
        making("MultiHeadAttention", "heads 0") { _ = MultiHeadAttention(8, heads: 0) },
        making("MultiHeadAttention", "width 9223372036854775807") {
            _ = MultiHeadAttention(.max, heads: 1)
        },
        making("TransformerEncoderLayer", "hidden -1") {
            _ = TransformerEncoderLayer(8, heads: 2, hidden: -1)
        },
        making("LSTM", "units 0") { _ = LSTM(0) },
        making("LSTM", "layers, 0") { _ = LSTM(3, layers: 0) },
        making("GRU", "layers, 9223372036854775807") { _ = GRU(3, layers: .max) },
        making("GRU", "inputs -1") { _ = GRU(3, inputs: -1) },
        making("RNN", "units 9223372036854775807") { _ = RNN(.max) },
        making("RNN", "inputs 0") { _ = RNN(3, inputs: 0) },
        making("RNNCell", "units -1") { _ = RNNCell(-1) },
        making("LSTMCell", "units -1") { _ = LSTMCell(-1) },
        making("GRUCell", "units -1") { _ = GRUCell(-1) },
    ]

    private static let windows = [
        making("Conv1D", "kernel 0") { _ = Conv1D(4, kernel: 0) },
        making("Conv2D", "kernel (9223372036854775807, 1)") {
            _ = Conv2D(4, kernel: [Int.max, 1])
        },
        making("Conv2D", "numbers for 2") { _ = Conv2D(4, kernel: [1, 1, 1]) },
        making("Conv2D", "stride (0, 0)") { _ = Conv2D(4, kernel: 3, stride: 0) },
        making("Conv3D", "padding (-1, -1, -1)") { _ = Conv3D(4, kernel: 3, padding: -1) },
        making("Conv1D", "dilation 0") { _ = Conv1D(4, kernel: 3, dilation: 0) },
        making("Conv1D", "groups 0") { _ = Conv1D(4, kernel: 3, groups: 0, inputs: 4) },
        making("Conv1D", "groups, 3") { _ = Conv1D(4, kernel: 3, groups: 3) },
        making("Conv1D", "inputs, 3") { _ = Conv1D(4, kernel: 3, groups: 2, inputs: 3) },
        making("ConvTranspose1D", "outputPadding -1") {
            _ = ConvTranspose1D(4, kernel: 3, outputPadding: -1)
        },
        making("ConvTranspose3D", "dilation (0, 0, 0)") {
            _ = ConvTranspose3D(4, kernel: 3, dilation: 0)
        },
        making("MaxPool1D", "kernel 0") { _ = MaxPool1D(0) },
        making("MaxPool2D", "stride (0, 0)") { _ = MaxPool2D(2, stride: 0) },
        making("MaxPool3D", "padding (2, 2, 2)") { _ = MaxPool3D(2, padding: 2) },
        making("AveragePool1D", "padding -1") { _ = AveragePool1D(2, padding: -1) },
        making("AveragePool2D", "kernel (9223372036854775807") { _ = AveragePool2D(Int.max) },
        making("AveragePool3D", "stride (-1, -1, -1)") { _ = AveragePool3D(2, stride: -1) },
        making("AdaptiveMaxPool1D", "extents 0") { _ = AdaptiveMaxPool1D(0) },
        making("AdaptiveMaxPool2D", "numbers for 2") { _ = AdaptiveMaxPool2D([1, 2, 3]) },
        making("AdaptiveMaxPool3D", "extents (0, 0, 0)") { _ = AdaptiveMaxPool3D(0) },
        making("AdaptiveAveragePool1D", "extents 9223372036854775807") {
            _ = AdaptiveAveragePool1D(Int.max)
        },
        making("AdaptiveAveragePool3D", "extents (-1, 1, 1)") {
            _ = AdaptiveAveragePool3D([-1, 1, 1])
        },
        making("AdaptiveAveragePool2D", "extents (-1") { _ = AdaptiveAveragePool2D(-1) },
        making("Pad1D", "padding -1") { _ = Pad1D(-1) },
        making("Pad2D", "padding (9223372036854775807") { _ = Pad2D(Int.max) },
        making("Pad3D", "padding (0, 0, -1)") { _ = Pad3D([0, 0, -1]) },
        making("PixelShuffle2D", "factor (2, 0)") { _ = PixelShuffle2D([2, 0]) },
        making("PixelShuffle3D", "factor (9223372036854775807") { _ = PixelShuffle3D(Int.max) },
        making("Upsample", "factor 0") { _ = Upsample(0) },
        Self("Upsample", "shape [4, 6]") { Upsample(2)($0[0]) },
        making("PixelShuffle1D", "factor -1") { _ = PixelShuffle1D(-1) },
    ]

    private static let others = [
        making("Dropout", "rate 1.0") { _ = Dropout(1) },
        making("Dropout", "rate -0.5") { _ = Dropout(-0.5) },
        making("Dropout", "rate nan") { _ = Dropout(.nan) },
        making("DropoutCell", "rate 2.0") { _ = DropoutCell(2) },
        making("ZoneoutCell", "rate nan") { _ = ZoneoutCell(RNNCell(3), .nan) },
        making("MultiHeadAttention", "dropout 1.0") {
            _ = MultiHeadAttention(8, heads: 2, dropout: 1)
        },
        making("LSTM", "dropout nan") { _ = LSTM(3, dropout: .nan) },
        making("BatchNorm", "epsilon -1.0") { _ = BatchNorm(epsilon: -1) },
        making("BatchNorm", "epsilon nan") { _ = BatchNorm(epsilon: .nan) },
        making("BatchNorm", "momentum 2.0") { _ = BatchNorm(momentum: 2) },
        making("BatchNorm", "momentum nan") { _ = BatchNorm(momentum: .nan) },
        making("LayerNorm", "epsilon inf") { _ = LayerNorm(epsilon: .infinity) },
        Self("Activation.swish", "beta nan") { Activation.swish(beta: .nan)($0) },
        Self("Activation.leakyRelu", "slope nan") { Activation.leakyRelu(slope: .nan)($0) },
        making("Initializer.uniform", "from 1.0 to -1.0") {
            _ = Initializer.uniform(from: 1, to: -1)
        },
        making("Initializer.uniform", "to nan") { _ = Initializer.uniform(from: 0, to: .nan) },
        making("Initializer.normal", "standardDeviation -1.0") {
            _ = Initializer.normal(standardDeviation: -1)
        },
        making("Initializer.truncatedNormal", "from 1.0 to -1.0") {
            _ = Initializer.truncatedNormal(from: 1, to: -1)
        },
        making("Initializer.truncatedNormal", "from 10.0 to 11.0") {
            _ = Initializer.truncatedNormal(mean: 5, from: 10, to: 11)
        },
        making("Initializer.truncatedNormal", "standardDeviation 1.5e+308") {
            _ = Initializer.truncatedNormal(standardDeviation: 1.5e308)
        },
        making("Initializer.constant", "value nan") { _ = Initializer.constant(.nan) },
        making("Initializer.xavier", "magnitude -1.0") { _ = Initializer.xavier(magnitude: -1) },
        making("Initializer.he", "slope nan") { _ = Initializer.he(slope: .nan) },
        making("Initializer.orthogonal", "gain inf") {
            _ = Initializer.orthogonal(gain: .infinity)
        },
        making("Initializer.orthogonal", "gain 1e+300") {
            _ = Parameter([2, 2], initializer: .orthogonal(gain: 1e300)).wrappedValue
        },
        making("Initializer.lstmBias", "forget bias nan") {
            _ = Initializer.lstmBias(forget: .nan)
        },
    ]
}
