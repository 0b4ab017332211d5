import Braid

/// Absurd attributes of optimisers, schedules and what else trains.
extension AttributeTests.Row {
    static let training = optimizers + schedules + steps

    private static func optimizer(
        _ function: String, _ argument: String, _ make: @escaping @Sendable () -> Optimizer
    ) -> Self {
        making("Optimizer." + function, argument) { _ = make() }
    }

    private static let optimizers = [
        making("Optimizer", "weightDecay -1.0") {
            _ = Optimizer(
                Optimizer.sgd(learningRate: 1).rule, learningRate: 1, weightDecay: -1)
        },
        optimizer("sgd", "learningRate -1.0") { .sgd(learningRate: -1) },
        optimizer("sgd", "learningRate nan") { .sgd(learningRate: .nan) },
        optimizer("sgd", "momentum -1.0") { .sgd(learningRate: 1, momentum: -1) },
        optimizer("sgd", "weightDecay nan") { .sgd(learningRate: 1, weightDecay: .nan) },
        optimizer("nag", "momentum inf") { .nag(learningRate: 1, momentum: .infinity) },
        optimizer("adam", "beta1 1.0") { .adam(beta1: 1) },
        optimizer("adam", "beta2 nan") { .adam(beta2: .nan) },
        optimizer("adam", "epsilon -1.0") { .adam(epsilon: -1) },
        optimizer("adamW", "beta1 -0.1") { .adamW(beta1: -0.1) },
        optimizer("adamW", "weightDecay inf") { .adamW(weightDecay: .infinity) },
        optimizer("adaBelief", "beta2 1.5") { .adaBelief(beta2: 1.5) },
        optimizer("adaGrad", "epsilon nan") { .adaGrad(epsilon: .nan) },
        optimizer("groupAdaGrad", "epsilon -1.0") { .groupAdaGrad(epsilon: -1) },
        optimizer("adaDelta", "decay 1.0") { .adaDelta(decay: 1) },
        optimizer("adamax", "beta1 nan") { .adamax(beta1: .nan) },
        optimizer("lamb", "epsilon inf") { .lamb(epsilon: .infinity) },
        optimizer("lans", "beta2 -1.0") { .lans(beta2: -1) },
        optimizer("lars", "trust nan") { .lars(trust: .nan) },
        optimizer("lars", "momentum -1.0") { .lars(momentum: -1) },
        optimizer("ftrl", "l1 -1.0") { .ftrl(l1: -1) },
        optimizer("ftrl", "beta nan") { .ftrl(beta: .nan) },
        optimizer("ftml", "beta1 1.0") { .ftml(beta1: 1) },
        optimizer("nadam", "momentumDecay nan") { .nadam(momentumDecay: .nan) },
        optimizer("rmsProp", "decay -0.1") { .rmsProp(learningRate: 1, decay: -0.1) },
        optimizer("signum", "momentum 1.0") { .signum(momentum: 1) },
        optimizer("sgld", "learningRate inf") { .sgld(learningRate: .infinity) },
    ]

    private static func schedule(
        _ function: String, _ argument: String,
        _ make: @escaping @Sendable () -> LearningRateSchedule
    ) -> Self {
        making("LearningRateSchedule." + function, argument) { _ = make() }
    }

    private static let schedules = [
        schedule("factor", "factor nan") { .factor(.nan, every: 2) },
        schedule("factor", "interval 0") { .factor(0.5, every: 0) },
        schedule("factor", "minimum -1.0") { .factor(0.5, every: 1, notBelow: -1) },
        schedule("multiFactor", "factor -1.0") { .multiFactor(-1, at: [1]) },
        schedule("multiFactor", "milestone -2") { .multiFactor(0.1, at: [1, -2]) },
        schedule("polynomial", "power inf") { .polynomial(steps: 3, power: .infinity) },
        schedule("polynomial", "steps, -1") { .polynomial(steps: -1) },
        schedule("cosine", "steps, 0") { .cosine(steps: 0) },
        schedule("cosine", "final nan") { .cosine(steps: 3, final: .nan) },
        schedule("warmedUp", "-1") { .constant.warmedUp(over: -1) },
        schedule("warmedUp", "start of the warm-up nan") {
            .constant.warmedUp(over: 2, .linear(from: .nan))
        },
        schedule("warmedUp", "factor of the warm-up -1.0") {
            .constant.warmedUp(over: 2, .constant(-1))
        },
        making("LearningRateSchedule.callAsFunction", "steps, -1") {
            _ = try? LearningRateSchedule.cosine(steps: 3)(after: -1)
        },
    ]

    private static var parameters: ParameterList { Dense(1, inputs: 1).parameters }

    private static let steps = [
        making("Trainer.step", "batch size 0") {
            Trainer(parameters, .sgd(learningRate: 1)).step(batchSize: 0)
        },
        making("DataParallelStep", "0 workers") {
            _ = DataParallelStep(Trainer(parameters, .sgd(learningRate: 1)), workers: 0) {
                (l2Loss($0, $1), $0)
            }
        },
        making("ParameterList.clipGradients", "bound -1.0") {
            parameters.clipGradients(toGlobalNorm: -1)
        },
        Self("GradientClipping", "bound nan") { GradientClipping.value(.nan)([$0])[0] },
        Self("GradientClipping", "bound -1.0") { GradientClipping.value(-1)([$0])[0] },
        Self("GradientClipping", "bound 0.0") { GradientClipping.globalNorm(0)([$0])[0] },
        making("ParameterMultipliers", "learningRate nan") {
            _ = ParameterMultipliers("*", learningRate: .nan)
        },
        making("ParameterMultipliers", "weightDecay -1.0") {
            _ = ParameterMultipliers("*", weightDecay: -1)
        },
        making("HybridOptions", "trace capacity") { _ = HybridOptions(traceCapacity: 0) },
    ]
}
