/// What traced code was told of parameters, each as it was before the code changed it. Told otherwise it might
/// have done something else: another answer needs another trace.
struct TraceConditions: Sendable {
    var modes = ParameterTable<Parameter.GradientMode>()
    var hasGradient = ParameterTable<Bool>()
    /// Whether gradients were new.
    var isNew = ParameterTable<Bool>()
    var isFrozen = ParameterTable<Bool>()
    /// Whether a living trainer moved the parameters.
    var hasTrainer = ParameterTable<Bool>()

    /// Whether the code would be told the same now.
    var hold: Bool {
        modes.entries.allSatisfy { $0.parameter.currentGradientMode == $0.element }
            && hasGradient.entries.allSatisfy { $0.parameter.hasGradient == $0.element }
            && isNew.entries.allSatisfy { $0.parameter.currentGradientNews.isNew == $0.element }
            && isFrozen.entries.allSatisfy { $0.parameter.currentlyFrozen == $0.element }
            && hasTrainer.entries.allSatisfy { $0.parameter.currentlyHasTrainer == $0.element }
    }
}
