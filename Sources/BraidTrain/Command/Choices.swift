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
    case sgd, nag, adam, adamw, adamax, nadam, adabelief, lamb, lans, lars, rmsprop, adagrad
    case groupadagrad, adadelta, ftrl, ftml, signum, sgld

    /// With numbers that suit small networks and a step size that falls to 0.
    private var usual: Optimizer {
        switch self {
        case .sgd: .sgd(learningRate: 0.05, momentum: 0.9)
        case .nag: .nag(learningRate: 0.05)
        case .adam: .adam(learningRate: 0.002)
        case .adamw: .adamW()
        case .adamax: .adamax()
        case .nadam: .nadam()
        case .adabelief: .adaBelief()
        case .lamb: .lamb()
        case .lans: .lans()
        case .lars: .lars()
        case .rmsprop: .rmsProp()
        case .adagrad: .adaGrad()
        case .groupadagrad: .groupAdaGrad()
        case .adadelta: .adaDelta()
        case .ftrl: .ftrl()
        case .ftml: .ftml()
        case .signum: .signum()
        case .sgld: .sgld(learningRate: 1e-3)
        }
    }

    func optimizer(learningRate: Double?, weightDecay: Double?) -> Optimizer {
        Optimizer(
            usual.rule, learningRate: learningRate ?? usual.learningRate,
            weightDecay: weightDecay ?? usual.weightDecay)
    }
}

/// The schedules that `--schedule` names.
enum ScheduleName: String, CaseIterable, ExpressibleByArgument {
    case constant
    case cosine
    case linear

    /// From the first of so many steps to the last; nil when nothing changes.
    func schedule(steps: Int, warmUp: Int) -> LearningRateSchedule? {
        if self == .constant, warmUp == 0 { return nil }
        let rest = max(1, steps - warmUp)
        let schedule: LearningRateSchedule =
            switch self {
            case .constant: .constant
            case .cosine: .cosine(steps: rest)
            case .linear: .polynomial(steps: rest)
            }
        return schedule.warmedUp(over: warmUp)
    }
}
