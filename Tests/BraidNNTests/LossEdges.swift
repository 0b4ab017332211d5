import Braid
import Foundation
import Testing

/// A loss where a careless rule gives NaN: its values, and the first and second derivatives by the
/// predictions of their sum.
struct LossEdge: CustomTestStringConvertible, Sendable {
    /// The function's name.
    let name: String
    let testDescription: String
    let predictions: [Double]
    let shape: Shape
    let values: [Double]
    let slopes: [Double]
    /// The gradient of the sum of the slopes.
    let curvatures: [Double]
    let loss: @Sendable (NDArray) -> NDArray

    init(
        _ name: String, _ variant: String, _ predictions: [Double], _ shape: Shape? = nil,
        values: [Double], slopes: [Double], curvatures: [Double]? = nil,
        _ loss: @escaping @Sendable (NDArray) -> NDArray
    ) {
        self.name = name
        testDescription = "\(name), \(variant)"
        self.predictions = predictions
        self.shape = shape ?? [predictions.count]
        self.values = values
        self.slopes = slopes
        self.curvatures = curvatures ?? predictions.map { _ in 0 }
        self.loss = loss
    }

    private static let (inf, nan) = (Double.infinity, Double.nan)
    private static func row(_ numbers: Double...) -> NDArray { NDArray(numbers) }
    private static func column(_ numbers: Double...) -> NDArray {
        NDArray(numbers, shape: [numbers.count, 1])
    }

    /// Losses of differences: corners, infinite ones, and what weights of 0 leave out.
    private static let ofDifferences: [LossEdge] = [
        LossEdge(
            "l1Loss", "ties", [1, inf, -3, nan], values: [0, inf, 3, nan], slopes: [0, 1, -1, nan]
        ) {
            l1Loss($0, row(1, 0, 0, 0))
        },
        LossEdge("l1Loss", "left out", [nan, 1, 2], values: [0, 0, 4], slopes: [0, 0, 2]) {
            l1Loss($0, row(1, nan, 0), sampleWeights: row(0, 0, 2))
        },
        LossEdge(
            "l2Loss", "ties", [1, inf], values: [0, inf], slopes: [0, inf], curvatures: [1, 1]
        ) {
            l2Loss($0, row(1, 0))
        },
        LossEdge(
            "l2Loss", "left out", [nan, inf, 3], values: [0, 0, 9], slopes: [0, 0, 6],
            curvatures: [0, 0, 2]
        ) {
            l2Loss($0, row(1, nan, 0), sampleWeights: row(0, 0, 2))
        },
        LossEdge(
            "l2Loss", "elements left out", [nan, 2], [1, 2], values: [1], slopes: [0, 1],
            curvatures: [0, 0.5]
        ) {
            l2Loss(
                $0, NDArray([0, 0] as [Double], shape: [1, 2]),
                sampleWeights: NDArray([0, 1] as [Double], shape: [1, 2]))
        },
        LossEdge(
            "huberLoss", "corners", [0, 1, -2, inf, nan], values: [0, 0.5, 1.5, inf, nan],
            slopes: [0, 1, -1, 1, nan], curvatures: [1, 1, 0, 0, 1]
        ) { huberLoss($0, row(0, 0, 0, 0, 0)) },
        LossEdge("huberLoss", "left out", [nan], values: [0], slopes: [0]) {
            huberLoss($0, row(1), sampleWeights: row(0))
        },
        LossEdge(
            "poissonLoss", "counts of 0", [-inf, 0, inf, nan], values: [0, 1, inf, nan],
            slopes: [0, 1, inf, nan], curvatures: [0, 1, inf, nan]
        ) { poissonLoss($0, row(0, 0, 0, 0)) },
        LossEdge("poissonLoss", "impossible", [-inf], values: [inf], slopes: [-1]) {
            poissonLoss($0, row(1))
        },
        LossEdge(
            "poissonLoss", "rates of 0 and infinity", [0, inf], values: [0, inf], slopes: [1, 1]
        ) {
            poissonLoss($0, row(0, 0), of: .rate)
        },
        LossEdge(
            "poissonLoss", "full", [0, 0], values: [1, 1], slopes: [1, 0], curvatures: [1, 1]
        ) {
            poissonLoss($0, row(0, 1), isFull: true)
        },
        LossEdge("poissonLoss", "left out", [inf], values: [0], slopes: [0]) {
            poissonLoss($0, row(nan), sampleWeights: row(0))
        },
    ]

    /// Losses with a margin: at the margin they are flat.
    private static let withMargins: [LossEdge] = [
        LossEdge(
            "hingeLoss", "margin", [1, 0, -1, inf, nan], values: [0, 1, 2, 0, nan],
            slopes: [0, -1, -1, 0, -1]
        ) { hingeLoss($0, row(1, 1, 1, 1, 1)) },
        LossEdge("hingeLoss", "left out", [inf], values: [0], slopes: [0]) {
            hingeLoss($0, row(0), sampleWeights: row(0))
        },
        LossEdge(
            "squaredHingeLoss", "margin", [1, 0, inf], values: [0, 1, 0], slopes: [0, -2, 0],
            curvatures: [0, 2, 0]
        ) { squaredHingeLoss($0, row(1, 1, 1)) },
        LossEdge("squaredHingeLoss", "left out", [nan], values: [0], slopes: [0]) {
            squaredHingeLoss($0, row(1), sampleWeights: row(0))
        },
        LossEdge(
            "logisticLoss", "certain", [inf, -inf, 0, nan], values: [0, inf, log(2), nan],
            slopes: [0, -1, -0.5, nan], curvatures: [0, 0, 0.25, nan]
        ) { logisticLoss($0, row(1, 1, 1, 1)) },
        LossEdge("logisticLoss", "left out", [nan], values: [0], slopes: [0]) {
            logisticLoss($0, row(1), sampleWeights: row(0))
        },
        LossEdge("tripletLoss", "equal ones", [0, 0], [1, 2], values: [1], slopes: [0, 0]) {
            tripletLoss($0, .zeros([1, 2], dtype: .f64), .zeros([1, 2], dtype: .f64))
        },
        LossEdge("tripletLoss", "margin", [1], [1, 1], values: [0], slopes: [0]) {
            tripletLoss($0, column(1), column(1), margin: 0)
        },
        LossEdge("tripletLoss", "left out", [nan], [1, 1], values: [0], slopes: [0]) {
            tripletLoss($0, column(1), column(nan), sampleWeights: row(0))
        },
        LossEdge("cosineEmbeddingLoss", "no length", [0, 0], [1, 2], values: [1], slopes: [0, 0]) {
            cosineEmbeddingLoss($0, NDArray([1, 0] as [Double], shape: [1, 2]), row(1))
        },
        LossEdge("cosineEmbeddingLoss", "no label", [1], [1, 1], values: [nan], slopes: [0]) {
            cosineEmbeddingLoss($0, column(1), row(nan))
        },
        LossEdge("cosineEmbeddingLoss", "left out", [nan], [1, 1], values: [0], slopes: [0]) {
            cosineEmbeddingLoss($0, column(1), row(1), sampleWeights: row(0))
        },
        LossEdge(
            "sdmlLoss", "equal ones", [0, 0], [2, 1],
            values: [Double](repeating: 0.7 * log(1.4) + 0.3 * log(0.6), count: 2), slopes: [0, 0]
        ) { sdmlLoss($0, .zeros([2, 1], dtype: .f64)) },
        LossEdge(
            "sdmlLoss", "all but one left out", [nan, 0], [2, 1], values: [0, 0], slopes: [0, 0]
        ) {
            sdmlLoss($0, column(nan, 3), sampleWeights: row(0, 1))
        },
    ]

    /// Cross entropies: classes that are masked out, and ties.
    private static let entropies: [LossEdge] = {
        let ln2 = log(2.0)
        return [
            LossEdge(
                "softmaxCrossEntropy", "a masked class", [-inf, 0, 0], [1, 3], values: [ln2],
                slopes: [0, -0.5, 0.5]
            ) { softmaxCrossEntropy($0, NDArray([1] as [Int64])) },
            LossEdge(
                "softmaxCrossEntropy", "certain labels", [0, 0], [1, 2], values: [ln2],
                slopes: [0.5, -0.5]
            ) {
                softmaxCrossEntropy($0, probabilities: NDArray([0, 1] as [Double], shape: [1, 2]))
            },
            LossEdge(
                "negativeLogLikelihood", "a masked class", [-inf, 0], [1, 2], values: [0],
                slopes: [0, -1]
            ) { negativeLogLikelihood($0, NDArray([1] as [Int64])) },
            LossEdge(
                "klDivergenceLoss", "certain labels", [-1, 0], [1, 2], values: [0],
                slopes: [0, -0.5]
            ) { klDivergenceLoss($0, NDArray([0, 1] as [Double], shape: [1, 2])) },
            LossEdge(
                "sigmoidBinaryCrossEntropy", "ties", [0], values: [ln2], slopes: [-0.5],
                curvatures: [0.25]
            ) { sigmoidBinaryCrossEntropy($0, row(1)) },
            // The probability of the fitting label is 1: log(1 + e) - 1, and so on.
            LossEdge(
                "softmaxCrossEntropy", "masked by soft labels", [-inf, 0, 1], [1, 3],
                values: [log(1 + exp(1.0))],
                slopes: [0, 1 / (1 + exp(1.0)) - 1, exp(1.0) / (1 + exp(1.0))]
            ) {
                softmaxCrossEntropy(
                    $0, probabilities: NDArray([0, 1, 0] as [Double], shape: [1, 3]))
            },
            LossEdge(
                "klDivergenceLoss", "masked", [-inf, 0], [1, 2], values: [0], slopes: [0, -0.5]
            ) { klDivergenceLoss($0, NDArray([0, 1] as [Double], shape: [1, 2])) },
            LossEdge(
                "sigmoidBinaryCrossEntropy", "certain", [inf, -inf, inf], values: [0, 0, inf],
                slopes: [0, 0, 1]
            ) { sigmoidBinaryCrossEntropy($0, row(1, 0, 0)) },
            LossEdge(
                "binaryCrossEntropy", "halves", [0.5], values: [ln2], slopes: [-2], curvatures: [4]
            ) { binaryCrossEntropy($0, row(1)) },
        ]
    }()

    /// Sequences of no length, and labels that do not fit.
    private static let ofSequences: [LossEdge] = {
        let ln2 = log(2.0)
        return [
            LossEdge(
                "ctcLoss", "no time", [nan, inf, 3, 0, 0, 0], [3, 1, 2], values: [0, inf, ln2],
                slopes: [0, 0, 0, 0, 0.5, -0.5]
            ) {
                ctcLoss(
                    $0, NDArray([-1, 1, 1] as [Int32], shape: [3, 1]),
                    scoreLengths: NDArray([0, 0, 1] as [Int64]))
            },
            LossEdge("ctcLoss", "no step", [], [2, 0, 2], values: [0, inf], slopes: []) {
                ctcLoss($0, NDArray([-1, 1] as [Int32], shape: [2, 1]))
            },
            LossEdge(
                "ctcLoss", "no labels", [0, 0], [1, 1, 2], values: [ln2], slopes: [-0.5, 0.5]
            ) {
                ctcLoss($0, NDArray([-1] as [Int32], shape: [1, 1]))
            },
            LossEdge(
                "ctcLoss", "NaN", [nan, 0], [1, 1, 2], values: [nan], slopes: [nan, nan],
                curvatures: [nan, nan]
            ) {
                ctcLoss($0, NDArray([1] as [Int32], shape: [1, 1]))
            },
            LossEdge(
                "ctcLoss", "impossible", [0, -inf], [1, 1, 2], values: [inf], slopes: [0, 0]
            ) {
                ctcLoss($0, NDArray([1] as [Int32], shape: [1, 1]))
            },
            LossEdge(
                "ctcLoss", "behind the end", [0, 0, nan, inf], [1, 2, 2], values: [ln2],
                slopes: [0.5, -0.5, 0, 0]
            ) {
                ctcLoss(
                    $0, NDArray([1] as [Int32], shape: [1, 1]),
                    scoreLengths: NDArray([1] as [Int32]),
                    labelLengths: NDArray([1] as [Int32]))
            },
        ]
    }()

    static let all: [LossEdge] = ofDifferences + withMargins + entropies + ofSequences

    /// The names of the functions that the sources of BraidNN declare to be losses.
    static func declaredLosses() throws -> Set<String> {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/BraidNN/Losses").standardizedFileURL
        var names: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            names.formUnion(
                text.matches(of: /public func (\w+)<T: Operand>/).map { String($0.output.1) })
        }
        return names
    }
}
