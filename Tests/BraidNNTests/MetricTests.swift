import Braid
import BraidTestSupport
import Foundation
import Testing

struct MetricTests {
    private static let scores: [[Float]] = [
        [0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.1, 0.3, 0.6],
    ]
    private static let labels: [Int64] = [1, 0, 1, 1, 2]
    private static let numbers: [Double] = [1, -2, 3, 0.5, 4, -1]
    private static let targets: [Double] = [2, -1, 1, 0.5, 5, -3]

    private static func batch(_ rows: Range<Int>) -> (NDArray, NDArray) {
        (
            NDArray(rows.flatMap { scores[$0] }, shape: [rows.count, 3]),
            NDArray(rows.map { labels[$0] })
        )
    }

    /// The value after one batch, after two with the same samples, and after a reset and one again.
    private func value(
        _ metric: some Metric, _ batches: (Range<Int>) -> (NDArray, NDArray), count: Int
    ) throws -> Double {
        var metric = metric
        func update(_ rows: Range<Int>) {
            let (predictions, labels) = batches(rows)
            metric.update(predictions, labels)
        }
        update(0..<count)
        let whole = try metric.value()
        metric.reset()
        update(0..<2)
        update(2..<count)
        #expect(abs(try metric.value() - whole) < 1e-12)
        return whole
    }

    private func ofClasses(_ metric: some Metric) throws -> Double {
        try value(metric, Self.batch, count: 5)
    }

    private func ofNumbers(_ metric: some Metric) throws -> Double {
        try value(
            metric,
            { rows in
                (NDArray(Array(Self.numbers[rows])), NDArray(Array(Self.targets[rows])))
            }, count: 6)
    }

    /// What weighs nothing takes no part, whatever it is.
    @Test func weightsOfZeroLeaveOut() throws {
        var mean = MeanMetric { ($0, $1) }
        mean.update(
            NDArray([3, .nan, .infinity] as [Double]), NDArray([1, 0, 0] as [Double]))
        #expect(try mean.value() == 3)
        // Padding is no class, and its probabilities need not be numbers.
        var perplexity = MeanMetric.perplexity(ignoring: -100)
        perplexity.update(
            NDArray([0.25, 0.75, .nan, .nan] as [Float], shape: [2, 2]),
            NDArray([0, -100] as [Int64]))
        #expect(abs(try perplexity.value() - 4) < 1e-6)
    }

    /// A prediction of NaN is neither right nor wrong, nor a class: the number is none, until a reset.
    @Test func predictionsOfNaNAreSeen() throws {
        let scores = NDArray([0.9, 0.1, .nan, .nan] as [Float], shape: [2, 2])
        let one = NDArray([0.9, .nan, 0.1] as [Float])
        let (classes, answers) = (NDArray([0, 0] as [Int64]), NDArray([1, 0, 0] as [Int64]))
        func check(_ metric: some Metric, _ predictions: NDArray, _ labels: NDArray) throws {
            var metric = metric
            metric.update(predictions, labels)
            #expect(try metric.value().isNaN, "\(metric)")
            metric.reset()
            #expect(try metric.value().isNaN == false)
        }
        for metric in [
            Accuracy(), MeanMetric.topKAccuracy(1), MeanMetric.topKAccuracy(2),
            MeanMetric.crossEntropy, MeanMetric.perplexity(), FBeta(), FBeta(beta: 2, classes: 2),
            MatthewsCorrelation(),
        ] as [any Metric] { try check(metric, scores, classes) }
        for metric in [
            MeanMetric.binaryAccuracy(), FBeta(), MatthewsCorrelation(), Accuracy(),
            MeanMetric.meanAbsoluteError, MeanMetric.rootMeanSquaredError, PearsonCorrelation(),
        ] as [any Metric] { try check(metric, one, answers) }
        // Nor is a label of NaN the class 0.
        let labels = NDArray([1, .nan, 0] as [Float])
        for metric in [MeanMetric.binaryAccuracy(), FBeta(), Accuracy()] as [any Metric] {
            try check(metric, NDArray([1, 0, 0] as [Float]), labels)
        }
        // Infinite scores are scores.
        var accuracy = Accuracy()
        accuracy.update(
            NDArray([-.infinity, 0, .infinity, 1] as [Float], shape: [2, 2]),
            NDArray([1, 0] as [Int64]))
        #expect(try accuracy.value() == 1)
    }

    /// What a prediction failed with is thrown where its metric is read, and says where that is.
    @Test func failuresNameWhereAMetricIsRead() throws {
        let scores = NDArray.ones([3, 2]).gathered(at: NDArray([7, 0] as [Int64]))
        let labels = NDArray([0, 1] as [Int64])
        for (metric, labels) in [
            (Accuracy(), labels), (MeanMetric.topKAccuracy(1), labels),
            (MeanMetric.crossEntropy, labels), (FBeta(), labels), (MatthewsCorrelation(), labels),
            (PearsonCorrelation(), scores), (MeanMetric.meanSquaredError, scores),
        ] as [(any Metric, NDArray)] {
            var metric = metric
            metric.update(scores, labels)
            let line: UInt = #line + 1
            let error = #expect(throws: EngineError.self) { try metric.value() }
            let message = error.map { "\($0)" } ?? ""
            #expect(message.contains("index 7 at position [0]"), "\(message)")
            #expect(
                message.hasSuffix("; read at BraidNNTests/MetricTests.swift:\(line)"), "\(message)")
        }
        var all = CompositeMetric(["accuracy": Accuracy()])
        all.update(scores, labels)
        let line: UInt = #line + 1
        let error = #expect(throws: EngineError.self) { try all.values() }
        #expect(error?.location == "BraidNNTests/MetricTests.swift:\(line)")
    }

    /// A label that is no class is neither right nor wrong, and scores are no probabilities.
    @Test func whatIsOutsideIsNamed() throws {
        let scores = NDArray([0, 1, 0, 0.25, 0.5, 0.25] as [Float], shape: [2, 3])
        func message(_ metric: some Metric, _ predictions: NDArray, _ labels: NDArray) -> String {
            var metric = metric
            metric.update(predictions, labels)
            let error = #expect(throws: EngineError.self) { try metric.value() }
            return error.map { "\($0)" } ?? ""
        }
        for labels in [NDArray([1, -100] as [Int64]), NDArray([1, -100] as [Float])] {
            for metric in [
                Accuracy(), Accuracy(ignoring: 7), MeanMetric.topKAccuracy(2),
            ] as [any Metric] {
                let text = message(metric, scores, labels)
                #expect(text.contains(" at position [1] is outside 0."), "\(text)")
                #expect(text.contains("ignoring:"), "\(text)")
            }
            for metric in [
                Accuracy(ignoring: -100), MeanMetric.topKAccuracy(1, ignoring: -100),
            ] as [any Metric] {
                var metric = metric
                metric.update(scores, labels)
                #expect(try metric.value() == 1)
                metric.reset()
                // What does not count may be NaN.
                let wild = NDArray([0, 1, 0, .nan, 0, 0] as [Float], shape: [2, 3])
                metric.update(wild, labels)
                #expect(try metric.value() == 1)
            }
        }
        let large = NDArray([5, 1, 0] as [Float], shape: [1, 3])
        for metric in [
            MeanMetric.crossEntropy, .perplexity(), .perplexity(ignoring: 2),
        ] {
            for label in 0..<2 {
                let text = message(metric, large, NDArray([Int64(label)]))
                #expect(text.contains("probability 5.0 at position [0, 0]"), "\(text)")
                #expect(text.contains("softmax()"), "\(text)")
            }
        }
        // Halves and the rounding of mixtures are probabilities.
        var entropy = MeanMetric.crossEntropy
        entropy.update(
            NDArray([1.0000001, 0] as [Float], shape: [1, 2]), NDArray([0] as [Int64]))
        entropy.update(
            NDArray([1, 0] as [Float], shape: [1, 2]).cast(to: .bf16), NDArray([0] as [Int64]))
        #expect(abs(try entropy.value()) < 1e-6)
    }

    /// Large and small arguments whose squares are no numbers of f64.
    @Test func squaresBeyondTheRange() throws {
        let labels = NDArray([1, 1, 1, 0] as [Int64])
        let predictions = NDArray([1, 0, 0, 0] as [Int64])
        for (beta, expected) in [(1e200, 1 / 3.0), (1e-200, 1), (1, 0.5)] {
            var score = FBeta(beta: beta)
            score.update(predictions, labels)
            #expect(abs(try score.value() - expected) < 1e-12, "\(beta)")
        }
        for scale in [1e80, 1e-80, 1] {
            var correlation = PearsonCorrelation()
            correlation.update(
                NDArray([1, 2, 4].map { $0 * scale }), NDArray([3, 5, 9].map { $0 * scale }))
            #expect(abs(try correlation.value() - 1) < 1e-12, "\(scale)")
        }
        var constant = PearsonCorrelation()
        constant.update(NDArray([1, 1] as [Double]), NDArray([1, 2] as [Double]))
        #expect(try constant.value() == 0)
    }

    /// Other shapes would broadcast, and every label would meet every prediction.
    @Test func shapesThatDoNotFitAreMistakes() throws {
        let column = NDArray([0, 1] as [Int64]).reshaped(to: [2, 1])
        let scores = NDArray.ones([2, 3])
        for metric in [
            Accuracy(), MeanMetric.topKAccuracy(2), FBeta(), MeanMetric.binaryAccuracy(),
            MatthewsCorrelation(), MeanMetric.meanSquaredError, PearsonCorrelation(),
            MeanMetric.crossEntropy,
        ] as [any Metric] {
            let error = #expect(throws: ArrayError.self) {
                try validating {
                    var metric = metric
                    metric.update(scores, column)
                }
            }
            #expect(error?.description.contains("labels of shape [2, 1]") == true, "\(metric)")
        }
    }

    @Test func classes() throws {
        #expect(try ofClasses(Accuracy()) == 0.6)
        #expect(try ofClasses(MeanMetric.topKAccuracy(1)) == 0.6)
        #expect(try ofClasses(MeanMetric.topKAccuracy(2)) == 1)
        let surprise = -(log(0.7) + log(0.5) + log(0.3) + log(0.3) + log(0.6)) / 5
        #expect(abs(try ofClasses(MeanMetric.crossEntropy) - surprise) < 1e-6)
        #expect(abs(try ofClasses(MeanMetric.perplexity()) - exp(surprise)) < 1e-6)
        let rest = exp(-(log(0.5) + log(0.6)) / 2)
        #expect(abs(try ofClasses(MeanMetric.perplexity(ignoring: 1)) - rest) < 1e-6)
        // Predicted 1 0 2 0 2 of labels 1 0 1 1 2: F1 of 2/3, 1/2 and 2/3.
        #expect(abs(try ofClasses(FBeta(classes: 3)) - (2 / 3.0 + 0.5 + 2 / 3.0) / 3) < 1e-12)
        // 25 · 3/5 - (1·2 + 3·1 + 1·2) over the roots of 25 - 11 and 25 - 9.
        let expected = (3.0 * 5 - 7) / (14.0 * 16).squareRoot()
        #expect(abs(try ofClasses(MatthewsCorrelation(classes: 3)) - expected) < 1e-12)
    }

    @Test func imagesOfLabels() throws {
        var accuracy = Accuracy()
        let scores = NDArray([1, 0, 0, 1, 0, 1, 1, 0] as [Float], shape: [1, 2, 4])
        accuracy.update(scores, NDArray([0, 1, 1, 1] as [Int64], shape: [1, 4]))
        #expect(try accuracy.value() == 0.75)
        accuracy.update(NDArray([3, 4] as [Int32]), NDArray([3, 3] as [Int32]))
        #expect(try abs(accuracy.value() - 4 / 6.0) < 1e-12)
    }

    @Test func yesOrNo() throws {
        let probabilities: [Float] = [0.9, 0.8, 0.3, 0.6, 0.2, 0.1, 0.7]
        let labels: [Int64] = [1, 0, 1, 1, 0, 0, 1]
        func batches(_ rows: Range<Int>) -> (NDArray, NDArray) {
            (NDArray(Array(probabilities[rows])), NDArray(Array(labels[rows])))
        }
        // 3 hits, 1 false alarm, 1 miss, 2 rightly not.
        func value(_ metric: some Metric) throws -> Double {
            try self.value(metric, batches, count: 7)
        }
        #expect(abs(try value(MeanMetric.binaryAccuracy()) - 5 / 7.0) < 1e-12)
        #expect(abs(try value(MeanMetric.binaryAccuracy(threshold: 0.85)) - 4 / 7.0) < 1e-12)
        #expect(try value(FBeta()) == 0.75)
        #expect(abs(try value(FBeta(beta: 2, threshold: 0.65)) - 5 * 2 / (4 * 4 + 3.0)) < 1e-12)
        let root = (4.0 * 4 * 3 * 3).squareRoot()
        #expect(abs(try value(MatthewsCorrelation()) - (3 * 2 - 1 * 1) / root) < 1e-12)
        var nothing = MatthewsCorrelation()
        nothing.update(NDArray([1, 1] as [Int64]), NDArray([1, 1] as [Int64]))
        #expect(try nothing.value() == 0)
    }

    @Test func numbers() throws {
        #expect(abs(try ofNumbers(MeanMetric.meanAbsoluteError) - 7 / 6.0) < 1e-12)
        #expect(abs(try ofNumbers(MeanMetric.meanSquaredError) - 11 / 6.0) < 1e-12)
        #expect(
            abs(try ofNumbers(MeanMetric.rootMeanSquaredError) - (11 / 6.0).squareRoot()) < 1e-12)
        #expect(abs(try ofNumbers(MeanMetric { $0 * $1 }) - 30.25 / 6) < 1e-12)
        let (x, y) = (Self.numbers, Self.targets)
        let (a, b) = (x.reduce(0, +) / 6, y.reduce(0, +) / 6)
        func sum(_ f: (Int) -> Double) -> Double { (0..<6).reduce(0) { $0 + f($1) } }
        let expected =
            sum { (x[$0] - a) * (y[$0] - b) }
            / (sum { (x[$0] - a) * (x[$0] - a) } * sum { (y[$0] - b) * (y[$0] - b) }).squareRoot()
        #expect(abs(try ofNumbers(PearsonCorrelation()) - expected) < 1e-12)
        var far = PearsonCorrelation()
        far.update(NDArray(x.map { $0 + 1e9 }), NDArray(y.map { $0 - 1e9 }))
        #expect(abs(try far.value() - expected) < 1e-6)
    }

    @Test func vectors() throws {
        let (x, y) = (
            NDArray([3, 4, 1, 0] as [Float], shape: [2, 2]),
            NDArray([0, 0, 1, 1] as [Float], shape: [2, 2])
        )
        var distance = MeanMetric.meanPairwiseDistance()
        distance.update(x, y)
        #expect(try distance.value() == 3)
        var city = MeanMetric.meanPairwiseDistance(order: 1)
        city.update(x, y)
        #expect(try city.value() == 4)
        var cosine = MeanMetric.meanCosineSimilarity
        cosine.update(x, y)
        #expect(abs(try cosine.value() - 0.5.squareRoot() / 2) < 1e-12)
    }

    @Test func several() throws {
        var metrics = CompositeMetric([
            "accuracy": Accuracy(), "top 2": MeanMetric.topKAccuracy(2),
        ])
        let (scores, labels) = Self.batch(0..<5)
        metrics.update(scores, labels)
        let values = try metrics.values()
        #expect(values.map(\.name) == ["accuracy", "top 2"])
        #expect(values.map(\.value) == [0.6, 1])
        metrics.reset()
        #expect(try metrics.values().map(\.value) == [0, 0])
        var loss = MeanLoss()
        loss.update(NDArray([1, 2] as [Float]))
        loss.reset()
        loss.update(NDArray([4] as [Float]))
        #expect(try loss.value() == 4)
    }

    /// Predictions may come from a record, and metrics do not hold on to it.
    @Test func recordedPredictionsAreDetached() throws {
        let layer = Dense(3, inputs: 2)
        var metrics = CompositeMetric([
            "accuracy": Accuracy(), "f1": FBeta(classes: 3), "loss": MeanMetric.crossEntropy,
        ])
        let loss = Autograd.record {
            let scores = layer(.ones([4, 2])).softmax()
            metrics.update(scores, NDArray([0, 1, 2, 0] as [Int64]))
            return scores.sum()
        }
        loss.backward()
        #expect(layer.$weight.gradient != nil)
        _ = try metrics.values()
    }
}
