import Braid
import BraidTestSupport
import Testing

/// Labels that are no classes, samples that are left out, and products of 0 and infinity in losses.
final class LabelTests {
    // Failures that nobody has waited for would be reported to other tests.
    deinit { try? Runtime.waitAll() }

    private func values(_ array: NDArray) throws -> [Float] { try array.scalars(as: Float.self) }

    private func message(_ array: NDArray) -> String {
        do throws(EngineError) {
            try array.waitUntilReady()
            return ""
        } catch { return "\(error.underlying ?? error)" }
    }

    private let scores = NDArray([0, 1, 2, 3, 1, 0, -1, 2, 5] as [Float], shape: [3, 3])

    @Test func labelsOutsideTheClassesAreNamed() {
        let labels = NDArray([2, -100, 3] as [Int64])
        let rule = "is outside 0..<3; leave samples out with ignoring: or with a weight of 0"
        #expect(
            message(softmaxCrossEntropy(scores, labels))
                == "softmaxCrossEntropy: label -100 at position [1] \(rule)")
        #expect(
            message(softmaxCrossEntropy(scores, labels, ignoring: -100))
                == "softmaxCrossEntropy: label 3 at position [2] is outside 0..<3 and is not -100; "
                + "leave samples out with ignoring: or with a weight of 0")
        #expect(
            message(negativeLogLikelihood(scores.logSoftmax(), labels))
                == "negativeLogLikelihood: label -100 at position [1] \(rule)")
        // Of sequences, with the classes in the middle.
        let sequences = NDArray.zeros([2, 3, 2])
        let many = NDArray([0, 1, 2, 7] as [Int32], shape: [2, 2])
        #expect(
            message(softmaxCrossEntropy(sequences, many, axis: 1))
                == "softmaxCrossEntropy: label 7 at position [1, 1] \(rule)")
        let gradient = gradient(at: scores) { softmaxCrossEntropy($0, labels).sum() }
        #expect(message(gradient).contains("label -100 at position [1]"))
    }

    /// The losses and gradients of what counts are those without the rest.
    @Test func ignoredLabelsAndWeightsOfZeroTakeSamplesOut() throws {
        let labels = NDArray([2, -100, 1] as [Int64])
        let some = NDArray([0, 1, 2, -1, 2, 5] as [Float], shape: [2, 3])
        let known = NDArray([2, 1] as [Int64])
        let weights = NDArray([1, 0, 1] as [Float])
        // What is left out may hold anything.
        let wild = NDArray([0, 1, 2, .nan, .infinity, 0, -1, 2, 5] as [Float], shape: [3, 3])
        typealias Loss = (NDArray, NDArray, Int?, NDArray?) -> NDArray
        let losses: [(Loss)] = [
            { softmaxCrossEntropy($0, $1, ignoring: $2, sampleWeights: $3) },
            { negativeLogLikelihood($0.logSoftmax(), $1, ignoring: $2, sampleWeights: $3) },
        ]
        for loss in losses {
            let expected = try values(loss(some, known, nil, nil))
            let slope = try values(gradient(at: some) { loss($0, known, nil, nil).sum() })
            for (x, ignored, weights) in [(scores, -100, nil), (wild, nil, weights)]
                as [(NDArray, Int?, NDArray?)]
            {
                let found = try values(loss(x, labels, ignored, weights))
                #expect(found == [expected[0], 0, expected[1]])
            }
            let ignored = try values(gradient(at: scores) { loss($0, labels, -100, nil).sum() })
            #expect(ignored == Array(slope[..<3] + [0, 0, 0] + slope[3...]))
        }
        let left = try values(
            gradient(at: wild) {
                softmaxCrossEntropy($0, labels, sampleWeights: weights).sum()
            })
        let slope = try values(gradient(at: some) { softmaxCrossEntropy($0, known).sum() })
        #expect(left == Array(slope[..<3] + [0, 0, 0] + slope[3...]))
    }

    @Test func sequencesIgnoreLabels() throws {
        let x = NDArray((0..<12).map { Float($0 % 5) }, shape: [2, 2, 3])
        let labels = NDArray([0, -1, 2, 1] as [Int64], shape: [2, 2])
        let found = try values(softmaxCrossEntropy(x, labels, ignoring: -1))
        let whole = try values(
            softmaxCrossEntropy(
                x.reshaped(to: [4, 3]), NDArray([0, 0, 2, 1] as [Int64])))
        #expect(found == [whole[0] / 2, (whole[2] + whole[3]) / 2])
    }

    @Test func weightsOfZeroTakeSamplesOutOfOtherLosses() throws {
        let labels = NDArray([1, 0, 1, 7] as [Float], shape: [2, 2])
        let rows = NDArray([0.5, 0.75, .nan, .infinity] as [Float], shape: [2, 2])
        let weights = NDArray([2, 0] as [Float])
        let all: [(String, (NDArray, NDArray) -> NDArray)] = [
            ("sigmoid", { sigmoidBinaryCrossEntropy($0, $1, sampleWeights: weights) }),
            ("probabilities", { binaryCrossEntropy($0, $1, sampleWeights: weights) }),
            ("soft", { softmaxCrossEntropy($0, probabilities: $1, sampleWeights: weights) }),
            ("divergence", { klDivergenceLoss($0, $1, sampleWeights: weights) }),
        ]
        for (name, loss) in all {
            let found = try values(loss(rows, labels))
            #expect(found[0].isFinite && found[1] == 0, "\(name) \(found)")
            let slope = try values(gradient(at: rows) { loss($0, labels).sum() })
            #expect(slope[..<2].allSatisfy { $0.isFinite } && slope[2...] == [0, 0], "\(name)")
        }
    }

    /// Weights of positions, with the classes in the middle: the same as with the classes last.
    @Test(arguments: [2, 3]) func weightsOfPositionsMissTheClasses(positions: Int) throws {
        let count = 6 * positions
        var numbers = (0..<count).map { Double($0 * $0 % 7) / 3 }
        numbers[positions + 1] = .nan
        let x = NDArray(numbers, shape: [2, 3, positions])
        let q = NDArray((0..<count).map { Double($0 % 5) }, shape: [2, 3, positions])
            .softmax(axis: 1)
        var weights = [Double](repeating: 2, count: 2 * positions)
        weights[1] = 0
        let w = NDArray(weights, shape: [2, positions])
        func last(_ array: NDArray) -> NDArray { array.transposed(axes: [0, 2, 1]) }
        func loss(_ x: NDArray) -> NDArray {
            softmaxCrossEntropy(x, probabilities: q, axis: 1, sampleWeights: w)
        }
        func expected(_ x: NDArray) -> NDArray {
            softmaxCrossEntropy(last(x), probabilities: last(q), sampleWeights: w)
        }
        for (found, right) in [
            (loss(x), expected(x)),
            (gradient(at: x) { loss($0).sum() }, gradient(at: x) { expected($0).sum() }),
        ] {
            let (found, right) = try (
                found.scalars(as: Double.self), right.scalars(as: Double.self)
            )
            #expect(
                zip(found, right).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found), not \(right)")
        }
    }

    /// The losses and slopes of the other samples are those without the one that is left out.
    @Test func leftOutSamplesAreNoOthers() throws {
        let rows = (
            NDArray([1, 3] as [Double], shape: [2, 1]), NDArray([0, 1] as [Double], shape: [2, 1])
        )
        let wild = (
            NDArray([.nan, 1, 3] as [Double], shape: [3, 1]),
            NDArray([.infinity, 0, 1] as [Double], shape: [3, 1])
        )
        let weights = NDArray([0, 1, 1] as [Double])
        let pairs = [
            (sdmlLoss(wild.0, wild.1, sampleWeights: weights), sdmlLoss(rows.0, rows.1)),
            (
                gradient(at: wild.0) { sdmlLoss($0, wild.1, sampleWeights: weights).sum() },
                gradient(at: rows.0) { sdmlLoss($0, rows.1).sum() }
            ),
            (
                gradient(at: wild.1) { sdmlLoss(wild.0, $0, sampleWeights: weights).sum() },
                gradient(at: rows.1) { sdmlLoss(rows.0, $0).sum() }
            ),
        ]
        for (found, right) in pairs {
            let found = try found.scalars(as: Double.self)
            let expected = try [0] + right.scalars(as: Double.self)
            #expect(
                found.count == 3 && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 },
                "\(found), not \(expected)")
        }
        let none = sdmlLoss(wild.0, wild.1, sampleWeights: .zeros([3], dtype: .f64))
        #expect(try none.scalars(as: Double.self) == [0, 0, 0])
    }

    /// A class of probability 0 whose logit is masked.
    @Test func maskedLogitsOfLabelsOfZero() throws {
        let x = NDArray([-.infinity, 0, 1] as [Float], shape: [1, 3])
        let q = NDArray([0, 1, 0] as [Float], shape: [1, 3])
        let loss = softmaxCrossEntropy(x, probabilities: q)
        #expect(try abs(values(loss)[0] - 1.3132617) < 1e-6)
        let slope = try values(gradient(at: x) { softmaxCrossEntropy($0, probabilities: q) })
        let share = Float(1 / (1 + exp1))
        for (found, expected) in zip(slope, [0, share - 1, 1 - share]) {
            #expect(abs(found - expected) < 1e-6)
        }
        let curvature = try values(
            gradient(at: x) { x in
                (gradient(at: x) { softmaxCrossEntropy($0, probabilities: q) }
                    * NDArray([1, 2, 3] as [Float])).sum()
            })
        #expect(curvature.allSatisfy { $0.isFinite }, "\(curvature)")
        let labels = try values(gradient(at: q) { softmaxCrossEntropy(x, probabilities: $0) })
        #expect(labels.allSatisfy { $0.isFinite }, "\(labels)")
        let divergence = klDivergenceLoss(x.logSoftmax(), q)
        #expect(try values(divergence)[0].isFinite)
        // A class that there is, ruled out, is no less wrong.
        let wrong = softmaxCrossEntropy(
            x, probabilities: NDArray([1, 0, 0] as [Float], shape: [1, 3]))
        #expect(try values(wrong) == [.infinity])
    }

    private let exp1 = 2.718281828459045

    @Test func infiniteScoresOfFittingLabels() throws {
        let x = NDArray([.infinity, -.infinity, .infinity, -.infinity] as [Float], shape: [4, 1])
        let labels = NDArray([1, 0, 0, 1] as [Float], shape: [4, 1])
        #expect(
            try values(sigmoidBinaryCrossEntropy(x, labels)) == [0, 0, .infinity, .infinity])
        let slope = try values(gradient(at: x) { sigmoidBinaryCrossEntropy($0, labels).sum() })
        #expect(slope == [0, 0, 1, -1])
        let curvature = try values(
            gradient(at: x) { x in
                gradient(at: x) { sigmoidBinaryCrossEntropy($0, labels).sum() }.sum()
            })
        #expect(curvature == [0, 0, 0, 0])
    }

    @Test func probabilitiesOutsideTheirRangeAreNamed() {
        let one = NDArray([1] as [Float])
        #expect(
            message(binaryCrossEntropy(NDArray([1.75] as [Float]), one))
                == "binaryCrossEntropy: probability 1.75 at position [0] is outside 0...1; of scores "
                + "there is sigmoidBinaryCrossEntropy")
        #expect(
            message(sigmoidBinaryCrossEntropy(one, NDArray([-1] as [Float])))
                == "sigmoidBinaryCrossEntropy: label -1.0 at position [0] is outside 0...1")
        let negative = NDArray([0.5, -0.5, 1] as [Float], shape: [1, 3])
        #expect(
            message(softmaxCrossEntropy(negative, probabilities: negative))
                .contains("probability -0.5 at position [0, 1]"))
        #expect(
            message(NDArray.categorical(probabilities: negative))
                == "categorical(probabilities:): probability -0.5 at position [0, 1] is outside "
                + "0...\(Double.greatestFiniteMagnitude); of scores there is categorical(logits:)")
        let nothing = NDArray([1, 0, 0, 0] as [Float], shape: [2, 2])
        #expect(
            message(NDArray.categorical(probabilities: nothing))
                .contains("the largest probability 0.0 at position [1, 0]"))
        let wild = NDArray([.nan, 0] as [Float], shape: [1, 2])
        #expect(message(NDArray.categorical(probabilities: wild)).contains("probability nan"))
        #expect(message(NDArray.categorical(logits: wild)).contains("logit nan"))
        #expect(
            message(NDArray.categorical(logits: NDArray.full([1, 2], -.infinity)))
                .contains("the largest logit -inf at position [0, 0]"))
    }

    @Test func lengthsOutsideTheStepsAreNamed() {
        let layer = LSTM(3)
        let x = NDArray.zeros([4, 2, 5])
        let (output, _) = layer(x, state: nil, validLengths: NDArray([4, 5] as [Int64]))
        #expect(message(output).contains("length 5 at position [1] is outside 0..<5"))
    }
}
