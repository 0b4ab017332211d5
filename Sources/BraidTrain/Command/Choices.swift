import ArgumentParser
import Braid

/// The networks that `--model` names.
enum ModelName: String, CaseIterable, ExpressibleByArgument {
    case lenet
    case mlp

    /// The network for images `[batch, 1, height, width]`.
    func network(height: Int, width: Int, classes: Int) -> Sequential {
        switch self {
        case .lenet: Models.lenet(height: height, width: width, classes: classes)
        case .mlp: Models.mlp(classes: classes)
        }
    }
}

/// The data that `--data` names.
enum DataName: String, CaseIterable, ExpressibleByArgument {
    case digits
}

/// The engines that `--engine` names.
enum EngineName: String, CaseIterable, ExpressibleByArgument {
    case threaded
    case serial
    case simulated
}

/// The optimisers that `--optimizer` names.
enum OptimizerName: String, CaseIterable, ExpressibleByArgument {
    case sgd
    case adam

    func optimizer(learningRate: Double?) -> Optimizer {
        switch self {
        case .sgd: .sgd(learningRate: learningRate ?? 0.05, momentum: 0.9)
        case .adam: .adam(learningRate: learningRate ?? 1e-3)
        }
    }
}
