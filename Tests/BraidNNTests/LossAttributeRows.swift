import Braid

/// Absurd attributes of losses, of metrics, and of networks by name.
extension AttributeTests.Row {
    static let losses: [Self] = [
        Self("hingeLoss", "margin nan") { hingeLoss($0, $0, margin: .nan) },
        Self("squaredHingeLoss", "margin inf") { squaredHingeLoss($0, $0, margin: .infinity) },
        Self("tripletLoss", "margin nan") { tripletLoss($0, $0, $0, margin: .nan) },
        Self("cosineEmbeddingLoss", "margin -inf") {
            cosineEmbeddingLoss($0, $0, .ones([2, 4]), margin: -.infinity)
        },
        Self("sdmlLoss", "smoothing 1.0") { sdmlLoss($0[0], $0[1], smoothing: 1) },
        Self("sdmlLoss", "smoothing nan") { sdmlLoss($0[0], $0[1], smoothing: .nan) },
        Self("huberLoss", "rho 0.0") { huberLoss($0, $0, rho: 0) },
        Self("huberLoss", "rho -1.0") { huberLoss($0, $0, rho: -1) },
        Self("huberLoss", "rho inf") { huberLoss($0, $0, rho: .infinity) },
        Self("huberLoss", "rho 1e-50") { huberLoss($0, $0, rho: 1e-50) },
        Self("huberLoss", "rho 1e+300") { huberLoss($0, $0, rho: 1e300) },
        Self("ctcLoss", "blank") { ctcLoss($0, .zeros([2, 3], dtype: .i64), blank: 6) },
        Self("ctcLoss", "blank") { ctcLoss($0, .zeros([2, 3], dtype: .i64), blank: .min) },
        Self("softmaxCrossEntropy", "axis 3") {
            softmaxCrossEntropy($0, .zeros([2, 4], dtype: .i64), axis: 3)
        },
        Self("softmaxCrossEntropy", "axis -4") {
            softmaxCrossEntropy($0, probabilities: .zeros([2, 4, 6]), axis: -4)
        },
        Self("negativeLogLikelihood", "axis 3") {
            negativeLogLikelihood($0, .zeros([2, 4], dtype: .i64), axis: 3)
        },
        Self("softmaxCrossEntropy", "9223372036854775807") {
            softmaxCrossEntropy($0[0], .zeros([4], dtype: .i64), ignoring: .max)
        },
        Self("softmaxCrossEntropy", "ignoring:") {
            softmaxCrossEntropy($0, .zeros([2, 4], dtype: .i64), ignoring: .min)
        },
        Self("negativeLogLikelihood", "9007199254740993") {
            negativeLogLikelihood($0, .zeros([2, 4], dtype: .i64), ignoring: 1 << 53 + 1)
        },
    ]

    static let metrics = [
        making("FBeta", "beta 0.0") { _ = FBeta(beta: 0) },
        making("FBeta", "beta nan") { _ = FBeta(beta: .nan) },
        making("FBeta", "beta inf") { _ = FBeta(beta: .infinity) },
        making("FBeta", "classes, 1,") { _ = FBeta(classes: 1) },
        making("FBeta", "classes, -1,") { _ = FBeta(classes: -1) },
        making("FBeta", "threshold nan") { _ = FBeta(threshold: .nan) },
        making("MatthewsCorrelation", "classes, 9223372036854775807,") {
            _ = MatthewsCorrelation(classes: .max)
        },
        making("MatthewsCorrelation", "threshold inf") {
            _ = MatthewsCorrelation(threshold: .infinity)
        },
        making("Accuracy", "ignoring:") { _ = Accuracy(ignoring: .max) },
        making("MeanMetric.perplexity", "ignoring:") { _ = MeanMetric.perplexity(ignoring: .min) },
        making("MeanMetric.topKAccuracy", "ignoring:") {
            _ = MeanMetric.topKAccuracy(1, ignoring: .max)
        },
        making("MeanMetric.topKAccuracy", "k 0") { _ = MeanMetric.topKAccuracy(0) },
        Self("MeanMetric.topKAccuracy", "count 7") {
            var metric = MeanMetric.topKAccuracy(7)
            metric.update($0[0], NDArray([0, 1, 2, 3] as [Int64]))
            return $0
        },
        making("MeanMetric.binaryAccuracy", "threshold nan") {
            _ = MeanMetric.binaryAccuracy(threshold: .nan)
        },
        making("MeanMetric.meanPairwiseDistance", "order nan") {
            _ = MeanMetric.meanPairwiseDistance(order: .nan)
        },
        making("MeanMetric.meanPairwiseDistance", "order 0.0") {
            _ = MeanMetric.meanPairwiseDistance(order: 0)
        },
    ]

    static let networks = [
        making("Models.lenet", "height 0") { _ = Models.lenet(height: 0, width: 28) },
        making("Models.lenet", "units 0") { _ = Models.lenet(height: 28, width: 28, classes: 0) },
        making("Models.mlp", "units -1") { _ = Models.mlp(hidden: [8, -1]) },
        making("Models.mobilenetv2", "inputs 0") { _ = Models.mobilenetv2(channels: 0) },
        making("Models.mobilenetv2", "rate nan") { _ = Models.mobilenetv2(dropout: .nan) },
        making("InvertedResidual", "expansion 0") {
            _ = InvertedResidual(inputs: 2, channels: 2, expansion: 0)
        },
        making("InvertedResidual", "stride (0, 0)") {
            _ = InvertedResidual(inputs: 2, channels: 2, stride: 0)
        },
        making("NormalizedConvolution", "kernel 2") {
            _ = NormalizedConvolution(inputs: 2, channels: 2, kernel: 2)
        },
        making("NormalizedConvolution", "kernel -1") {
            _ = NormalizedConvolution(inputs: 2, channels: 2, kernel: -1)
        },
        making("ResidualBlock", "channels -1") { _ = ResidualBlock(inputs: 2, channels: -1) },
        making("ResidualBlock", "stride (-1, -1)") {
            _ = ResidualBlock(inputs: 2, channels: 2, stride: -1)
        },
        making("BottleneckBlock", "9223372036854775807") {
            _ = BottleneckBlock(inputs: 2, width: .max)
        },
        making("Models.resnet18", "units -1") { _ = Models.resnet18(classes: -1) },
        making("Models.resnet50", "inputs -3") { _ = Models.resnet50(channels: -3) },
        making("Models.bert", "layers -1") { _ = Models.bert(layers: -1) },
        making("Models.bert", "heads, 5") { _ = Models.bert(layers: 1, width: 8, heads: 5) },
        making("Models.gpt", "length -1") { _ = Models.gpt(width: 8, length: -1) },
        making("Models.lstm", "units 0") { _ = Models.lstm(units: 0) },
        making("Models.lstmLanguageModel", "vocabulary 0") {
            _ = Models.lstmLanguageModel(vocabulary: 0)
        },
        making("TransformerLanguageModel", "length 0") {
            _ = TransformerLanguageModel(vocabulary: 5, width: 4, heads: 2, layers: 1, length: 0)
        },
        Self("Branches", "axis 9") { x in
            Branches(axis: 9) {
                Activation.relu
                Activation.tanh
            }(x)
        },
    ]
}
