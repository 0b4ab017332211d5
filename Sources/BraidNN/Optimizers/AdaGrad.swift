import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// AdaGrad (Duchi et al., JMLR 2011): gradients over the root of the sum of their squares.
    ///
    /// - Precondition: no argument is negative.
    public static func adaGrad(
        learningRate: Double = 0.01, epsilon: Double = 1e-10, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("adagrad", fileID, line).numbers(notNegative: ["epsilon": epsilon])
        return Optimizer(
            AdaGrad(epsilon: epsilon, sharesRows: false), learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }

    /// AdaGrad with one sum for each row of a weight, of the means of squares: a rate for each word of
    /// an embedding.
    ///
    /// - Precondition: no argument is negative.
    public static func groupAdaGrad(
        learningRate: Double = 0.01, epsilon: Double = 1e-6, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("group_adagrad", fileID, line).numbers(notNegative: ["epsilon": epsilon])
        return Optimizer(
            AdaGrad(epsilon: epsilon, sharesRows: true), learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }

    /// AdaDelta (Zeiler, 2012): steps as large as the running root mean square of earlier steps.
    ///
    /// - Precondition: the decay is in `0..<1`, and no other argument is negative.
    public static func adaDelta(
        learningRate: Double = 1, decay: Double = 0.9, epsilon: Double = 1e-6,
        weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("adadelta", fileID, line).numbers(
            decays: ["decay": decay], notNegative: ["epsilon": epsilon])
        return Optimizer(
            AdaDelta(decay: decay, epsilon: epsilon), learningRate: learningRate,
            weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct AdaGrad: OptimizerRule {
    let epsilon: Double
    let sharesRows: Bool

    var name: String { sharesRows ? "group_adagrad" : "adagrad" }

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        guard sharesRows else { return ["sum": .zeros(weight)] }
        let rows = weight.shape.extents.enumerated().map { $0 == 0 ? $1 : 1 }
        return ["sum": .zeros(Shape(rows), dtype: weight.dtype)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let squares = step.gradient.square()
        let sum = step.state[0]
        sum.update {
            $0 +=
                sharesRows && squares.rank > 1
                ? squares.mean(over: Array(1..<squares.rank), keepingDimensions: true) : squares
        }
        step.move(&weight, against: step.gradient / (sum.wrappedValue.squareRoot() + epsilon))
    }
}

struct AdaDelta: OptimizerRule {
    let name = "adadelta"
    let decay: Double
    let epsilon: Double

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        ["square": .zeros(weight), "move": .zeros(weight)]
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let (square, moves) = (step.state[0], step.state[1])
        square.average(in: step.gradient.square(), decay: decay)
        let direction =
            (moves.wrappedValue + epsilon).squareRoot()
            / (square.wrappedValue + epsilon).squareRoot() * step.gradient
        moves.average(in: direction.square(), decay: decay)
        step.move(&weight, against: direction)
    }
}
