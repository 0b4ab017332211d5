import Braid
import BraidTestSupport
import Foundation
import Testing

struct LossTests {
    typealias Loss = @Sendable ([String: NDArray]) -> NDArray

    /// The losses of the oracle's cases: `x` is what gradients are taken at.
    static let losses: [String: Loss] = [
        "l1": { l1Loss($0["x"]!, $0["y"]!) },
        "l2": { l2Loss($0["x"]!, $0["y"]!) },
        "l2, weights": { l2Loss($0["x"]!, $0["y"]!, sampleWeights: $0["weights"]!) },
        "l2, weights of elements": {
            l2Loss($0["x"]!, $0["y"]!, sampleWeights: $0["weights"]!)
        },
        "huber": { huberLoss($0["x"]!, $0["y"]!, rho: 0.7) },
        "poisson": { poissonLoss($0["x"]!, $0["y"]!) },
        "poisson, full": { poissonLoss($0["x"]!, $0["y"]!, isFull: true) },
        "poisson, rate": { poissonLoss($0["x"]!, $0["y"]!, of: .rate) },
        "sigmoid binary": { sigmoidBinaryCrossEntropy($0["x"]!, $0["y"]!) },
        "sigmoid binary, weights": {
            sigmoidBinaryCrossEntropy(
                $0["x"]!, $0["y"]!, positiveWeight: $0["positive"]!,
                sampleWeights: $0["weights"]!)
        },
        "binary": { binaryCrossEntropy($0["x"]!, $0["y"]!) },
        "softmax": { softmaxCrossEntropy($0["x"]!, $0["y"]!) },
        "softmax, axis": { softmaxCrossEntropy($0["x"]!, $0["y"]!, axis: 1) },
        "softmax, last axis, weights": {
            softmaxCrossEntropy($0["x"]!, $0["y"]!, sampleWeights: $0["weights"]!)
        },
        "softmax, probabilities": { softmaxCrossEntropy($0["x"]!, probabilities: $0["y"]!) },
        "likelihood": { negativeLogLikelihood($0["x"]!, $0["y"]!, axis: 1) },
        "divergence": { klDivergenceLoss($0["x"]!, $0["y"]!) },
        "hinge": { hingeLoss($0["x"]!, $0["y"]!, margin: 0.8) },
        "squared hinge": { squaredHingeLoss($0["x"]!, $0["y"]!, margin: 0.8) },
        "logistic": { logisticLoss($0["x"]!, $0["y"]!) },
        "triplet": { tripletLoss($0["x"]!, $0["y"]!, $0["z"]!, margin: 1.5) },
        "cosine": { cosineEmbeddingLoss($0["x"]!, $0["y"]!, $0["labels"]!, margin: 0.1) },
        "sdml": { sdmlLoss($0["x"]!, $0["y"]!) },
        "ctc": { ctcLoss($0["x"]!, $0["y"]!) },
        "ctc, lengths": {
            ctcLoss(
                $0["x"]!, $0["y"]!, scoreLengths: $0["times"]!, labelLengths: $0["lengths"]!)
        },
    ]

    @Test func everyCaseHasALoss() throws {
        #expect(Set(try NetworkOracle.cases(of: "losses").map(\.name)) == Set(Self.losses.keys))
    }

    /// Values and gradients as PyTorch has them, and the same bits hybridized.
    @Test(arguments: try NetworkOracle.cases(of: "losses"))
    func followsPyTorch(_ oracle: NetworkOracle) throws {
        let loss = try #require(Self.losses[oracle.name])
        let names = ["y", "z", "weights", "positive", "labels", "times", "lengths"]
            .filter(oracle.has)
        let others = try names.map(oracle.array)
        let body: @Sendable ([NDArray]) -> NDArray = { arrays in
            loss(Dictionary(uniqueKeysWithValues: zip(["x"] + names, arrays)))
        }
        let (cotangent, start) = (try oracle.array("cotangent"), try oracle.array("x"))
        func run(_ function: ([NDArray]) -> NDArray) throws -> [NDArray] {
            let x = Parameter(start)
            let output = Autograd.record { function([x.wrappedValue] + others) }
            output.backward(seed: cotangent)
            return [output, try #require(x.gradient)]
        }
        let eager = try run(body)
        #expect(try difference(eager[0], oracle.array("output"), tolerance: 1e-10) == nil)
        #expect(try difference(eager[1], oracle.array("gradient"), tolerance: 1e-9) == nil)
        let fast = hybridize(body)
        let hybrid = try run { fast($0) }
        for (a, b) in zip(eager, hybrid) {
            #expect(try a.scalars(as: Double.self) == b.scalars(as: Double.self))
        }
    }

    @Test func closedForms() throws {
        func values(_ array: NDArray) throws -> [Double] { try array.scalars(as: Double.self) }
        func row(_ numbers: Double...) -> NDArray { NDArray(numbers) }
        #expect(try values(l1Loss(row(1, -2), row(3, 3))) == [2, 5])
        #expect(try values(l2Loss(row(1, -2), row(3, 3))) == [2, 12.5])
        #expect(try values(huberLoss(row(0, 0), row(0.5, 3))) == [0.125, 2.5])
        #expect(try values(hingeLoss(row(2, 0.5), row(-1, 1))) == [3, 0.5])
        #expect(
            try values(hingeLoss(row(2, 0.5), row(-1, 1), sampleWeights: row(2, 0))) == [6, 0])
        // Large scores neither overflow nor lose their slope.
        let far = sigmoidBinaryCrossEntropy(row(1000, -1000), row(0, 1))
        #expect(try values(far) == [1000, 1000])
        let certain = binaryCrossEntropy(NDArray([1, 0] as [Float]), NDArray([1, 0] as [Float]))
        #expect(try certain.scalars(as: Float.self).allSatisfy { abs($0) < 1e-6 })
        let slope = gradient(at: row(0)) { sigmoidBinaryCrossEntropy($0, row(1)) }
        #expect(try values(slope) == [-0.5])
        // The angle between short vectors is that between long ones.
        let short = NDArray([1e-9, 0, 1e-9, 1e-9] as [Double], shape: [2, 2])
        let cosines = cosineEmbeddingLoss(short, short * 5, row(1, 1))
        #expect(try values(cosines).allSatisfy { abs($0) < 1e-12 })
    }

    @Test func labelsOutsideTheClassesAreErrors() throws {
        let scores = NDArray.zeros([2, 3])
        for (labels, wrong) in [
            (NDArray([1, 3] as [Int64]), 3), (NDArray([0, -1] as [Int32]), -1),
        ] {
            for (name, losses) in [
                ("softmaxCrossEntropy", softmaxCrossEntropy(scores, labels, axis: 1)),
                ("negativeLogLikelihood", negativeLogLikelihood(scores.logSoftmax(), labels)),
            ] {
                let error = #expect(throws: EngineError.self) { try losses.waitUntilReady() }
                #expect(
                    "\(error!)".contains(
                        "\(name): label \(wrong) at position [1] is outside 0..<3"), "\(error!)")
            }
        }
        // So that no other test is told.
        try? Runtime.waitAll()
    }

    @Test func ctcOfWhatCannotBeSpelled() throws {
        let x = Parameter(NDArray.zeros([2, 2, 3], dtype: .f64))
        // Two equal labels need a blank between them, and two steps are too few.
        let labels = NDArray([1, 1, 1, 2] as [Int32], shape: [2, 2])
        let losses = Autograd.record { ctcLoss(x.wrappedValue, labels) }
        losses.backward()
        let found = try losses.scalars(as: Double.self)
        #expect(found[0] == .infinity && abs(found[1] - log(9)) < 1e-12)
        #expect(try x.gradient!.scalars(as: Double.self).allSatisfy(\.isFinite))
        // The last class as the blank is the same as the first after a rotation of the classes.
        let scores = NDArray.range(count: 24).reshaped(to: [2, 4, 3]).cast(to: .f64).sin()
        let (first, last) = (
            ctcLoss(scores, labels), ctcLoss(scores.rolled(by: -1, axis: 2), labels - 1, blank: -1)
        )
        #expect(try difference(first, last) == nil)
    }

    /// Labels and lengths that only data show to be wrong are reported by reads, with their places.
    @Test func ctcNamesLabelsAndLengthsOutside() throws {
        let scores = NDArray.zeros([2, 4, 3])
        func lengths(_ a: Int64, _ b: Int64) -> NDArray { NDArray([a, b]) }
        let labels = NDArray([1, 2, 1, -1] as [Int32], shape: [2, 2])
        let wrong: [(NDArray, [String])] = [
            (
                ctcLoss(scores, labels, scoreLengths: lengths(4, 5)),
                ["score length 5", "[1]", "0..<5"]
            ),
            (ctcLoss(scores, labels, scoreLengths: lengths(-1, 4)), ["score length -1", "[0]"]),
            (
                ctcLoss(scores, labels, labelLengths: lengths(3, 1)),
                ["label length 3", "[0]", "0..<3"]
            ),
            (
                ctcLoss(scores, labels, labelLengths: lengths(2, 2)),
                ["label -1", "[1, 1]", "0..<3"]
            ),
            (
                ctcLoss(scores, NDArray([1, 3, 1, 2] as [Int32], shape: [2, 2])),
                ["label 3", "[0, 1]", "0..<3"]
            ),
        ]
        for (losses, mentions) in wrong {
            let error = #expect(throws: (any Error).self) { try losses.scalars(as: Float.self) }
            for part in ["ctcLoss"] + mentions {
                #expect("\(error!)".contains(part), "\(error!) does not mention \(part)")
            }
        }
        let right = ctcLoss(
            scores, labels, scoreLengths: lengths(4, 0), labelLengths: lengths(2, 0))
        #expect(try right.scalars(as: Float.self).allSatisfy { $0.isFinite })
    }

    @Test func mistakesAreNamed() {
        let (a, b) = (NDArray.zeros([2, 3]), NDArray.zeros([2]))
        let integers = NDArray([0, 1] as [Int64])
        let mistakes: [(String, () -> NDArray)] = [
            ("l1Loss", { l1Loss(a, b) }),
            ("l2Loss", { l2Loss(a, a, sampleWeights: a.transposed()) }),
            ("huberLoss", { huberLoss(a, b) }),
            ("poissonLoss", { poissonLoss(a, b) }),
            ("sigmoidBinaryCrossEntropy", { sigmoidBinaryCrossEntropy(a, b) }),
            ("softmaxCrossEntropy", { softmaxCrossEntropy(a, a, axis: 1) }),
            ("softmaxCrossEntropy", { softmaxCrossEntropy(a, integers, axis: 0) }),
            ("negativeLogLikelihood", { negativeLogLikelihood(a, integers, axis: 2) }),
            ("klDivergenceLoss", { klDivergenceLoss(a, b) }),
            ("tripletLoss", { tripletLoss(a, a, b) }),
            ("cosineEmbeddingLoss", { cosineEmbeddingLoss(a, a, a) }),
            ("sdmlLoss", { sdmlLoss(b, b) }),
            ("ctcLoss", { ctcLoss(a, integers) }),
        ]
        for (name, call) in mistakes {
            let error = #expect(throws: ArrayError.self) { try validating(call) }
            #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
        }
    }
}
