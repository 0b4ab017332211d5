import BraidCore
import BraidOperators
import BraidPlatform

/// What a `backward()` says of the gradients that it hands out, for the step that uses them.
package final class GradientOrigin: Sendable {
    private struct Receiver: Sendable {
        weak let parameter: Parameter?
    }

    /// How the loss was made of those of the samples.
    package let reduction: LossReduction
    /// Parameters that no trainer had; of traced gradients all, as a trainer may come or go before a step. They
    /// keep this object, so that it must not keep them.
    private let untrained: [Receiver]

    private init(_ reduction: LossReduction, _ untrained: [Parameter]) {
        self.reduction = reduction
        self.untrained = untrained.map { Receiver(parameter: $0) }
    }

    /// Nil where there is nothing to be said.
    static func make(_ reduction: LossReduction, receivers: [Parameter]) -> GradientOrigin? {
        let isTraced = Scopes.current?.trace != nil
        let untrained = receivers.filter { isTraced || !$0.hasTrainer }
        if untrained.isEmpty, !reduction.hasAverages { return nil }
        return GradientOrigin(reduction, untrained)
    }

    /// The parameters with new gradients from here that no trainer has.
    package var untrainedParameters: [Parameter] {
        untrained.compactMap(\.parameter).filter { parameter in
            let news = parameter.gradientNews
            return news.isNew && news.origin === self && parameter.gradientMode != .none
                && !parameter.hasTrainer
        }
    }
}

/// Whether a gradient is new, which it is until a step has used it.
package struct GradientNews: Sendable {
    package var isNew = false
    /// How many gradients of the mode `.add` it is the sum of.
    package var count = 0
    package var origin: GradientOrigin?
    /// Whether those that were new before a traced call count, too.
    var addsToEarlier = false

    static let none = GradientNews()
    /// In a trace, of what may have been before the call.
    static let anyBefore = GradientNews(addsToEarlier: true)

    /// After one more gradient.
    func adding(_ origin: GradientOrigin?) -> GradientNews {
        GradientNews(
            isNew: true, count: isNew ? count + 1 : 1, origin: origin, addsToEarlier: addsToEarlier)
    }
}

extension Parameter {
    /// Whether the gradient is new, at this point of a trace if one is being taken.
    package var gradientNews: GradientNews {
        if let trace = Scopes.current?.trace { return Trace.of(trace).gradientNews(of: self) }
        return currentGradientNews
    }

    /// Notes that a step has used the gradient.
    package func useGradient() { noteGradient(.none) }

    /// Takes zeros for a gradient that nothing flows into, where no new one would be lost.
    func receiveZeros() {
        let mode = gradientMode
        if mode == .none || gradientNews.isNew || (mode == .add && gradient != nil) { return }
        let type = knownType
        if replaceGradient(by: .zeros(type.shape, dtype: type.dtype)) { noteGradient(.none) }
    }

    func noteGradient(_ news: GradientNews) {
        if let trace = Scopes.current?.trace.map(Trace.of) {
            trace.setGradientNews(of: self, to: news)
        } else {
            state.withLock { state in
                let earlier = news.addsToEarlier && state.news.isNew ? state.news.count : 0
                state.news = GradientNews(
                    isNew: news.isNew, count: news.count + earlier, origin: news.origin)
            }
        }
    }

    /// What is known of the gradient without asking what it is before the calls of a trace.
    var knownNews: GradientNews? {
        if let trace = Scopes.current?.trace { return Trace.of(trace).changedNews(of: self) }
        return currentGradientNews
    }

    /// The same outside of traces.
    var currentGradientNews: GradientNews { state.withLock { $0.news } }

    /// Whether a living trainer moves the parameter.
    package var hasTrainer: Bool {
        let hasTrainer = currentlyHasTrainer
        // What is traced depends on it.
        if let trace = Scopes.current?.trace { Trace.of(trace).noteTrainer(hasTrainer, of: self) }
        return hasTrainer
    }

    /// The same, whether or not a trace is being taken.
    var currentlyHasTrainer: Bool { state.withLock { $0.hasTrainer } }

    /// Says that a trainer moves the parameter from now on.
    /// - Returns: false where another one does.
    package func beginTraining() -> Bool {
        state.withLock { state in
            defer { state.hasTrainer = true }
            return !state.hasTrainer
        }
    }

    /// Says that the trainer is gone.
    package func endTraining() { state.withLock { $0.hasTrainer = false } }
}
