import BraidCore
import BraidOperators
import BraidPlatform
import Synchronization

/// A trace that is being taken: operators on its values build symbols. Arrays from outside become
/// sources.
final class Trace: Sendable {
    private struct State {
        var isOpen = true
        var sources: [Symbol] = []
        /// The symbol of each source that is not fresh at every use, by the identity of its object.
        var symbols: [ObjectIdentifier: Symbol] = [:]
        /// New values of parameters, in the order of first change.
        var values = ParameterTable<NDArray>()
        /// New gradients of parameters, nil where there is none any more, in the order of first change.
        var gradients = ParameterTable<NDArray?>()
        var oldGradients: [ObjectIdentifier: Symbol] = [:]
        var conditions = TraceConditions()
        /// Whether gradients are new, where the traced code made or used some.
        var news = ParameterTable<GradientNews>()
    }

    private static let count = Atomic<UInt64>(0)

    /// Names the trace in the bodies of its values; never 0.
    let number = Trace.count.wrappingAdd(1, ordering: .relaxed).newValue
    private let owner = TaskIdentity.current
    private let state = Locked(State())
    /// The trace around this one, whose values are constants here.
    private let parent: Trace?
    /// Whether everything carries gradients: a gradient rule is traced, whose gradient may be wanted.
    let tracesRule: Bool

    /// The tape on which calls of what is traced will be recorded; nil when they will not be.
    private let recorder: Tape?

    init(parent: Trace? = nil, recorder: Tape? = nil, tracesRule: Bool = false) {
        self.parent = parent
        self.recorder = recorder
        self.tracesRule = tracesRule
    }

    static func of(_ object: any AnyObject & Sendable) -> Trace {
        unsafeDowncast(object, to: Trace.self)
    }

    /// Runs a gradient rule so that operators build symbols.
    static func rule<R>(_ body: (Trace) throws -> R) rethrows -> R {
        let now = Scopes.current ?? .outside
        let trace = Trace(parent: now.trace.map(Trace.of), tracesRule: true)
        defer { trace.close() }
        return try Scopes.changing {
            $0.tape = nil
            $0.trace = trace
        } _: {
            try body(trace)
        }
    }

    /// From now on the trace's values are of no use.
    func close() { state.withLock { $0.isOpen = false } }

    // MARK: Values

    /// An array that stands for a symbol of this trace.
    func array(_ symbol: Symbol, tape: Tape? = nil) -> NDArray {
        NDArray(ArrayBody(symbol, trace: number, tape: tape))
    }

    /// The symbol behind a value of the trace, or of an array from outside.
    func symbol(_ array: NDArray) -> Symbol {
        guard let symbol = array.body.symbol else { return captured(array) }
        if !isKnown(array.body.trace) {
            ArrayError(
                .invalidState, in: "trace",
                "\(symbol.origin) belongs to another trace; pass it as an argument or return it "
                    + "instead of keeping it (what traced code is to change outside has to be a "
                    + "Parameter)"
            ).report()
            return .variable("invalid", symbol.dtype, symbol.shape)
        }
        return symbol
    }

    private func isKnown(_ trace: UInt64) -> Bool {
        trace == number || parent?.isKnown(trace) == true
    }

    func apply<O: Operator>(_ op: O, _ inputs: [NDArray], tape: Tape?) -> [NDArray] {
        checkOwner(op.title)
        let outputs = Symbol.applyAll(
            op, to: inputs.map(symbol), carriesGradient: tape != nil || tracesRule)
        return outputs.map { array($0, tape: tape) }
    }

    private func checkOwner(_ operation: @autoclosure () -> String) {
        if owner == .current, state.withLock({ $0.isOpen }) { return }
        ArrayError(
            .invalidState, in: operation(),
            "a trace belongs to the task that takes it and ends with it; do not use its arrays in "
                + "child tasks or other threads, nor later"
        ).report()
    }

    // MARK: Sources

    /// The sources met so far, in the order of the inputs of the traced graph.
    var sources: [Symbol] { state.withLock { $0.sources } }

    func argument(_ position: Int, _ type: TensorType) -> NDArray {
        array(addSource(.argument(position), type))
    }

    /// A key that is drawn anew at every call.
    func key() -> NDArray {
        if let parent { return parent.key() }
        let symbol = Symbol.randomKey()
        state.withLock { $0.sources.append(symbol) }
        return array(symbol)
    }

    private func captured(_ array: NDArray) -> Symbol {
        if let parent { return parent.captured(array) }
        return addSource(.array(array), array.type, for: array.body)
    }

    /// The value that a parameter has at this point of the trace.
    ///
    /// What a rule reads inside a trace comes from outside of that, like all that it reads itself.
    func value(of parameter: Parameter) -> NDArray {
        if let parent { return parent.value(of: parameter) }
        if let changed = state.withLock({ $0.values[parameter] }) { return changed }
        let type = parameter.knownType
        return array(addSource(.parameter(parameter), type, for: parameter))
    }

    /// Stops at a value of a parameter that gradients cannot reach: the tape that records the call
    /// knows the parameter as an input, and this value is made inside.
    func checkReachable(_ parameter: Parameter, in ambient: Ambient) {
        guard let recorder, parameter.gradientMode != .none,
            state.withLock({ $0.values[parameter] != nil }),
            Tape.all(in: ambient).contains(where: { $0 === recorder })
        else { return }
        ArrayError(
            .invalidState, in: "hybridized function",
            "a parameter of type \(parameter.knownType) is changed and then read in a call that is "
                + "recorded, where its gradient cannot be told from that of its old value; set its "
                + "gradientMode to .none if it is state, such as a running mean, or change it "
                + "outside the hybridized function"
        ).report()
    }

    /// - Precondition: the value has the parameter's type.
    func setValue(of parameter: Parameter, to value: NDArray) {
        let value = array(symbol(value))
        state.withLock { $0.values[parameter] = value }
    }

    /// The gradient that a parameter has at this point of the trace.
    func gradient(of parameter: Parameter) -> NDArray? {
        if let parent { return parent.gradient(of: parameter) }
        if let changed = state.withLock({ $0.gradients[parameter] }) { return changed }
        let hasGradient = parameter.hasGradient
        state.withLock { $0.conditions.hasGradient[parameter] = hasGradient }
        guard hasGradient else { return nil }
        let key = ObjectIdentifier(parameter)
        if let known = state.withLock({ $0.oldGradients[key] }) { return array(known) }
        let symbol = addSource(.gradient(parameter), parameter.knownType)
        state.withLock { $0.oldGradients[key] = symbol }
        return array(symbol)
    }

    /// - Precondition: the gradient has the parameter's type.
    func setGradient(of parameter: Parameter, to gradient: NDArray?) {
        let gradient = gradient.map { array(symbol($0)) }
        state.withLock { $0.gradients[parameter] = .some(gradient) }
    }

    /// Notes that the traced code was told a parameter's mode.
    func note(_ mode: Parameter.GradientMode, of parameter: Parameter) {
        state.withLock { $0.conditions.modes[parameter] = mode }
        parent?.note(mode, of: parameter)
    }

    /// Notes that the traced code was told whether a parameter is frozen.
    func noteFrozen(_ isFrozen: Bool, of parameter: Parameter) {
        state.withLock { $0.conditions.isFrozen[parameter] = isFrozen }
        parent?.noteFrozen(isFrozen, of: parameter)
    }

    /// Notes that the traced code was told whether a trainer moves a parameter.
    func noteTrainer(_ hasTrainer: Bool, of parameter: Parameter) {
        state.withLock { $0.conditions.hasTrainer[parameter] = hasTrainer }
        parent?.noteTrainer(hasTrainer, of: parameter)
    }

    /// Whether a gradient is new at this point of the trace.
    func gradientNews(of parameter: Parameter) -> GradientNews {
        if let parent { return parent.gradientNews(of: parameter) }
        if let changed = state.withLock({ $0.news[parameter] }) { return changed }
        let news = parameter.currentGradientNews
        state.withLock { $0.conditions.isNew[parameter] = news.isNew }
        return news
    }

    /// The same, where the traced code has made or used a gradient.
    func changedNews(of parameter: Parameter) -> GradientNews? {
        state.withLock { $0.news[parameter] }
    }

    func setGradientNews(of parameter: Parameter, to news: GradientNews) {
        state.withLock { $0.news[parameter] = news }
    }

    /// The parameters that the trace changed, with their new values or gradients.
    var changedValues: [(parameter: Parameter, element: NDArray)] {
        state.withLock { $0.values.entries }
    }
    var changedGradients: [(parameter: Parameter, element: NDArray?)] {
        state.withLock { $0.gradients.entries }
    }

    /// What the traced code was told.
    var conditions: TraceConditions { state.withLock { $0.conditions } }
    /// Whether gradients are new after a call.
    var changedNews: [(parameter: Parameter, element: GradientNews)] {
        state.withLock { $0.news.entries }
    }

    private func addSource(
        _ kind: TraceSource.Kind, _ type: TensorType, for object: AnyObject? = nil
    ) -> Symbol {
        state.withLock { state in
            if let object, let known = state.symbols[ObjectIdentifier(object)] { return known }
            let symbol = Symbol(
                Node(.captured(TraceSource(kind)), inputs: [], types: [type]))
            state.sources.append(symbol)
            if let object { state.symbols[ObjectIdentifier(object)] = symbol }
            return symbol
        }
    }
}

extension Symbol {
    /// What messages call the value.
    var origin: String {
        switch node.kind {
        case .operation(let op): "the result of '\(op.title)', \(type),"
        case .variable(let name): "'\(name)', \(type),"
        case .randomKey: "a random key"
        case .captured: "an input of a trace, \(type),"
        case .custom: "the result of a custom function, \(type),"
        }
    }
}
