public import BraidCore
import BraidEngine
import BraidOperators
import BraidPlatform

/// A trainable array with an identity: its value, its gradient, and how it starts.
///
/// As a property wrapper it reads as the array; `$weight` is the parameter itself.
///
/// ```swift
/// struct Scale: Block {
///     @Parameter var factor: NDArray
///     init(width: Int) { _factor = Parameter([width], initializer: .ones) }
///     func forward(_ x: NDArray) -> NDArray { x * factor }
/// }
/// ```
@propertyWrapper
public final class Parameter: Sendable {
    /// What `backward()` does with a new gradient.
    public enum GradientMode: Hashable, Sendable {
        /// Replaces the gradient.
        case write
        /// Adds to the gradient.
        case add
        /// No gradient is computed.
        case none
    }

    /// Which of its arrays.
    enum Part {
        case value, gradient
    }

    /// An array, and who has taken it out; 0 when it is here.
    struct Place: Sendable {
        var array: NDArray?
        var borrower: UInt = 0
    }

    struct State: Sendable {
        var value = Place()
        var gradient = Place()
        /// Once it is known it stays: compiled code relies on it.
        var shape: Shape?
        var initializer: Initializer
        var key: NDArray
        var gradientMode = GradientMode.write
        /// The mode before `freeze()`.
        var thawedMode: GradientMode?
        /// Since `freeze()`.
        var isFrozen = false
        /// Whether the gradient is new; said of no gradient, too.
        var news = GradientNews.none
        /// Whether a living trainer moves the parameter.
        var hasTrainer = false

        subscript(part: Part) -> Place {
            get { part == .value ? value : gradient }
            _modify { if part == .value { yield &value } else { yield &gradient } }
        }
    }

    // Arrays are taken out for as long as they are changed, because a lock cannot be held that long.
    let state: Locked<State>
    /// The trace in which the parameter was made; 0 outside traces.
    let originTrace: UInt64

    /// The element type.
    public let dtype: DType

    /// A parameter that gets its first values when it is first used.
    /// - Parameter shape: nil when the first use says it (a layer that learns its input width).
    public init(_ shape: Shape? = nil, dtype: DType = .f32, initializer: Initializer = .xavier) {
        self.dtype = dtype
        // The key is drawn now, so that the values do not depend on the order of first uses.
        state = Locked(State(shape: shape, initializer: initializer, key: Self.drawnKey()))
        originTrace = Self.currentTraceNumber
    }

    /// A parameter that starts from an array.
    /// - Precondition: the array is no value of a trace.
    public init(_ value: NDArray) {
        let value = Self.withElements(value)
        dtype = value.dtype
        state = Locked(
            State(
                value: Place(array: value.detached()), shape: value.shape, initializer: .zeros,
                key: NDArray([Int64(0), 0], shape: [2])))
        originTrace = Self.currentTraceNumber
    }

    /// The value; inside `Autograd.record` reading it makes the parameter a leaf.
    ///
    /// After a mistake inside `validating` the parameter keeps its value, whatever is assigned.
    /// - Precondition: the shape is known; an array that is assigned has the parameter's type.
    public var wrappedValue: NDArray {
        get {
            guard let ambient = Scopes.current else { return current() }
            if let trace = ambient.trace.map(Trace.of) {
                let value = trace.value(of: self)
                if let tape = Tape.innermost(in: ambient), tape.recordsParameters {
                    trace.checkReachable(self, in: ambient)
                    tape.watchTraced(trace.symbol(value), for: self)
                    return trace.array(trace.symbol(value), tape: tape)
                }
                return value
            }
            let value = current()
            if ambient.tape != nil {
                for tape in Tape.all(in: ambient) where tape.recordsParameters {
                    tape.watch(value.body, for: self)
                }
            }
            return value
        }
        set {
            if let trace = Scopes.current?.trace.map(Trace.of) {
                if admits(newValue, as: .value, in: trace) {
                    trace.setValue(of: self, to: newValue)
                }
                return
            }
            guard admits(newValue, as: .value) else { return }
            // A body of its own: tapes know values by their bodies, and two parameters may be given
            // the same array.
            let value = newValue.detached()
            if case .taken = take(.value) { putBack(.value, value) }
        }
        _modify {
            if let trace = Scopes.current?.trace.map(Trace.of) {
                var value = trace.value(of: self)
                defer {
                    if admits(value, as: .value, in: trace) { trace.setValue(of: self, to: value) }
                }
                yield &value
                return
            }
            // The first values may have to be computed.
            JobFrame.beginWithoutHelping()
            defer { JobFrame.endWithoutHelping() }
            guard var value = takeValue() else {
                var nothing = NDArray.invalid(unknownShape, like: TensorType(dtype, []))
                yield &nothing
                return
            }
            // Held inside `validating` only, where arrays are replaced and not changed: elsewhere it would
            // make every change copy.
            let old = Scopes.innermost?.errors == nil ? nil : value
            defer { putBack(updated: &value, old: old) }
            yield &value
        }
    }

    /// The parameter itself.
    public var projectedValue: Parameter { self }

    /// Changes the value in place.
    ///
    /// Meanwhile other threads that want the value wait.
    /// - Precondition: the array that `body` leaves has the parameter's type.
    public func update<R>(_ body: (inout NDArray) throws -> R) rethrows -> R {
        try body(&wrappedValue)
    }

    /// The extents; nil while they are not known. Once known they stay.
    public var shape: Shape? { state.withLock { $0.shape } }

    /// The gradient that the last `backward()` left; nil before the first.
    ///
    /// An array that is assigned counts as new: a trainer's next step moves the parameter along it.
    /// - Precondition: an array that is assigned has the parameter's type.
    public var gradient: NDArray? {
        get {
            if let trace = Scopes.current?.trace { return Trace.of(trace).gradient(of: self) }
            return read(.gradient)
        }
        set {
            guard replaceGradient(by: newValue) else { return }
            // Of one that was new and is replaced, as by clipping, it is still known where it comes from.
            let news = knownNews ?? .none
            noteGradient(newValue == nil ? .none : news.isNew ? news : news.adding(nil))
        }
    }

    /// Replaces the gradient; who calls says whether it is new.
    /// - Returns: false after a mistake, which is reported.
    func replaceGradient(by newValue: NDArray?) -> Bool {
        if let trace = Scopes.current?.trace.map(Trace.of) {
            if let newValue {
                guard admits(newValue, as: .gradient, in: trace) else { return false }
            } else if !canChange(in: trace) {
                return false
            }
            trace.setGradient(of: self, to: newValue)
            return true
        }
        if let newValue {
            guard admits(newValue, as: .gradient) else { return false }
        } else if Scopes.innermost?.errors?.error != nil {
            return false
        }
        guard case .taken = take(.gradient) else { return false }
        putBack(.gradient, newValue)
        return true
    }

    /// What `backward()` does with a new gradient. Not to be set in traced code, which would happen once,
    /// when it is traced.
    public var gradientMode: GradientMode {
        get {
            let mode = currentGradientMode
            // What is traced depends on it.
            if let trace = Scopes.current?.trace { Trace.of(trace).note(mode, of: self) }
            return mode
        }
        set {
            guard isOutsideTraces("gradientMode") else { return }
            state.withLock {
                $0.gradientMode = newValue
                $0.thawedMode = nil
                $0.isFrozen = false
                if newValue == .none { $0.news = .none }
            }
        }
    }

    /// Keeps the value as it is: no gradient is computed, no trainer moves it, and if it is a running
    /// average it does not move either. Not to be called in traced code.
    public func freeze() {
        guard isOutsideTraces("freeze") else { return }
        state.withLock { state in
            state.isFrozen = true
            state.news = .none
            if state.gradientMode == .none { return }
            state.thawedMode = state.gradientMode
            state.gradientMode = .none
        }
    }

    /// Undoes `freeze()`. A parameter whose `gradientMode` is `.none` from the start (a running mean)
    /// stays as it is. Not to be called in traced code.
    public func unfreeze() {
        guard isOutsideTraces("unfreeze") else { return }
        state.withLock { state in
            state.isFrozen = false
            state.gradientMode = state.thawedMode.take() ?? state.gradientMode
        }
    }

    /// Whether `freeze()` was called, and `unfreeze()` not since then.
    public var isFrozen: Bool {
        let isFrozen = currentlyFrozen
        // What is traced depends on it.
        if let trace = Scopes.current?.trace { Trace.of(trace).noteFrozen(isFrozen, of: self) }
        return isFrozen
    }

    /// The same, whether or not a trace is being taken.
    var currentlyFrozen: Bool { state.withLock { $0.isFrozen } }

    /// Says the shape of a parameter that was made without one; the layer knows it at its first
    /// call.
    /// - Precondition: a shape known before is the same.
    public func resolve(_ shape: Shape, for layer: @autoclosure () -> String) {
        let known = state.withLock { state in
            if state.shape == nil { state.shape = shape }
            return state.shape!
        }
        if known != shape {
            ArrayError(
                .shapeMismatch, in: layer(),
                "the parameter has shape \(known), the input asks for \(shape)"
            ).report()
        }
    }

    /// Starts anew from `initializer` (the parameter's own when nil) and a fresh key. Not to be called in
    /// traced code.
    public func initialize(_ initializer: Initializer? = nil) {
        guard isOutsideTraces("initialize") else { return }
        let key = Self.drawnKey()
        guard case .taken = take(.value) else { return }
        state.withLock { state in
            if let initializer { state.initializer = initializer }
            state.key = key
        }
        putBack(.value, nil)
        gradient = nil
    }

    /// Whether the first values are random (a weight) and not constant (a bias, a scale).
    public var startsRandom: Bool { state.withLock { $0.initializer.isRandom } }

    /// Whether `gradient` is not nil, whatever a trace made of it.
    var hasGradient: Bool {
        state.withLock { $0.gradient.array != nil || $0.gradient.borrower != 0 }
    }

    /// The mode, whether or not a trace is being taken.
    var currentGradientMode: GradientMode { state.withLock { $0.gradientMode } }

    /// The type of the value. Inside `validating` that of a scalar while the shape is not known.
    /// - Precondition: the shape is known.
    var knownType: TensorType {
        if let shape { return TensorType(dtype, shape) }
        unknownShape.report()
        return TensorType(dtype, [])
    }

    package func receive(_ gradient: NDArray, from origin: GradientOrigin? = nil) {
        let mode = gradientMode
        if mode == .none { return }
        let news = (mode == .add ? knownNews ?? .anyBefore : .none).adding(origin)
        // A mistake was reported, and the parameter stays as it is.
        if Scopes.innermost?.errors?.error != nil { return }
        if mode == .write || Scopes.current?.trace != nil {
            let old = mode == .add ? self.gradient : nil
            guard replaceGradient(by: old.map { $0 + gradient } ?? gradient) else { return }
        } else {
            guard admits(gradient, as: .gradient) else { return }
            // Out of the lock: an addition may wait for the engine.
            let isAdded = JobFrame.withoutHelping {
                guard case .taken(var sum) = take(.gradient) else { return false }
                if sum == nil { sum = gradient } else { sum! += gradient }
                putBack(.gradient, sum)
                return true
            }
            if !isAdded { return }
        }
        noteGradient(news)
    }

    /// A key of this moment, in a trace as well: parameters that traced code makes are made once.
    private static func drawnKey() -> NDArray { Scopes.with(.unrecorded) { .randomKey() } }

    private func current() -> NDArray {
        if let value = state.withLock({ $0.value.array }) { return value }
        return JobFrame.withoutHelping {
            guard let value = takeValue() else {
                let mistake = Scopes.innermost?.errors?.error ?? unknownShape
                return .invalid(mistake, like: TensorType(dtype, shape ?? []))
            }
            putBack(.value, value)
            return value
        }
    }

    /// Takes the value out. The first values are computed here, so the caller holds back. Nil after a mistake.
    private func takeValue() -> NDArray? {
        guard case .taken(let known) = take(.value) else { return nil }
        if let known { return known }
        let (shape, initializer, key) = state.withLock { ($0.shape, $0.initializer, $0.key) }
        guard let shape else {
            putBack(.value, nil)
            unknownShape.report()
            return nil
        }
        // First values are computed outside every scope: they are no part of a record or a trace. Only a
        // mistake, such as a shape that no memory holds, goes where all do.
        let value = Scopes.with(.unrecorded) { initializer(shape, dtype, key: key) }
        if Scopes.innermost?.errors?.error != nil {
            putBack(.value, nil)
            return nil
        }
        return value
    }

    private var unknownShape: ArrayError {
        ArrayError(
            .invalidState, in: "parameter",
            "the shape is not known yet: call the network on an input once, or give the layer "
                + "its input width")
    }
}
