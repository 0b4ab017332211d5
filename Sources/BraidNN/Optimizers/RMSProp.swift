import BraidCore
import BraidOperators
import BraidRuntime

extension Optimizer {
    /// RMSProp (Tieleman and Hinton, 2012): gradients over the root of their running mean square; if
    /// `isCentered`, over their running standard deviation (Graves, 2013).
    ///
    /// - Precondition: the decay is in `0..<1`, and no other argument is negative.
    public static func rmsProp(
        learningRate: Double = 1e-2, decay: Double = 0.99, epsilon: Double = 1e-8,
        momentum: Double = 0, isCentered: Bool = false, weightDecay: Double = 0,
        fileID: StaticString = #fileID, line: UInt = #line
    ) -> Optimizer {
        ArgumentCheck("rmsprop", fileID, line).numbers(
            decays: ["decay": decay],
            notNegative: ["epsilon": epsilon, "momentum": momentum])
        return Optimizer(
            RMSProp(decay: decay, epsilon: epsilon, momentum: momentum, isCentered: isCentered),
            learningRate: learningRate, weightDecay: weightDecay, fileID: fileID, line: line)
    }
}

struct RMSProp: OptimizerRule {
    let name = "rmsprop"
    let decay: Double
    let epsilon: Double
    let momentum: Double
    let isCentered: Bool

    func initialState(for weight: TensorType) -> KeyValuePairs<String, NDArray> {
        switch (isCentered, momentum != 0) {
        case (false, false): ["square": .zeros(weight)]
        case (true, false): ["square": .zeros(weight), "mean": .zeros(weight)]
        case (false, true): ["square": .zeros(weight), "velocity": .zeros(weight)]
        case (true, true):
            ["square": .zeros(weight), "mean": .zeros(weight), "velocity": .zeros(weight)]
        }
    }

    func update(_ weight: inout NDArray, _ step: OptimizerStep) {
        let square = step.state[0]
        square.average(in: step.gradient.square(), decay: decay)
        var scale = square.wrappedValue
        if isCentered {
            let mean = step.state[1]
            mean.average(in: step.gradient, decay: decay)
            // Of gradients that hardly vary rounding leaves less than nothing.
            scale = maximum(scale - mean.wrappedValue.square(), 0)
        }
        let direction = step.gradient / (scale.squareRoot() + epsilon)
        guard momentum != 0, let velocity = step.state.last else {
            return step.move(&weight, against: direction)
        }
        velocity.update {
            $0 *= momentum
            $0 += direction
        }
        step.move(&weight, against: velocity.wrappedValue)
    }
}
