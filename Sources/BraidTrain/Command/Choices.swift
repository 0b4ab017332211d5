import ArgumentParser
import Braid

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
