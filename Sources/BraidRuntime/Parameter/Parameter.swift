public import BraidCore
import BraidOperators

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

    /// An array, and the thread that has taken it out; 0 when it is here.
    private struct Place {
        var array: NDArray?
        var borrower: UInt = 0
    }

    private struct State {
        var value = Place()
        var gradient = Place()
        var shape: Shape?
        var initializer: Initializer
        var key: NDArray
        var gradientMode = GradientMode.write
        /// The mode before `freeze()`.
        var thawedMode: GradientMode?

        subscript(part: Part) -> Place {
            get { part == .value ? value : gradient }
            _modify { if part == .value { yield &value } else { yield &gradient } }
        }
    }

    // A one-word lock, because `Mutex.withLock` cannot yield: every `+=` through it would copy.
    private let lock = SpinLock()
    // Guarded by `lock`.
    nonisolated(unsafe) private var state: State

    /// The element type.
    public let dtype: DType

    /// A parameter that gets its first values when it is first used.
    /// - Parameter shape: nil when the first use says it (a layer that learns its input width).
    public init(_ shape: Shape? = nil, dtype: DType = .f32, initializer: Initializer = .xavier) {
        self.dtype = dtype
        // The key is drawn now, so that the values do not depend on the order of first uses.
        state = State(shape: shape, initializer: initializer, key: .randomKey())
    }

    /// A parameter that starts from an array.
    public init(_ value: NDArray) {
        dtype = value.dtype
        state = State(
            value: Place(array: value.detached()), shape: value.shape, initializer: .zeros,
            key: NDArray([Int64(0), 0], shape: [2]))
    }

    /// The value; inside `Autograd.record` reading it makes the parameter a leaf.
    /// - Precondition: the shape is known.
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
            if let trace = Scopes.current?.trace {
                return Trace.of(trace).setValue(of: self, to: newValue)
            }
            let known = TensorType(dtype, shape ?? newValue.shape)
            if known != newValue.type {
                return ArrayError(
                    .shapeMismatch, in: "parameter",
                    "an array of type \(newValue.type) for a parameter of type \(known)"
                ).report()
            }
            // A body of its own: tapes know values by their bodies, and two parameters may be given
            // the same array.
            let value = newValue.detached()
            _ = take(.value)
            putBack(.value, value)
        }
        _modify {
            if let trace = Scopes.current?.trace.map(Trace.of) {
                var value = trace.value(of: self)
                yield &value
                trace.setValue(of: self, to: value)
                return
            }
            var value = takeValue()
            defer { putBack(.value, value) }
            yield &value
        }
    }

    /// The parameter itself.
    public var projectedValue: Parameter { self }

    /// Changes the value in place.
    public func update<R>(_ body: (inout NDArray) throws -> R) rethrows -> R {
        try body(&wrappedValue)
    }

    /// The extents; nil while they are not known.
    public var shape: Shape? { withState { $0.shape } }

    /// The gradient that the last `backward()` left; nil before the first.
    public var gradient: NDArray? {
        get {
            if let trace = Scopes.current?.trace { return Trace.of(trace).gradient(of: self) }
            let gradient = take(.gradient)
            putBack(.gradient, gradient)
            return gradient
        }
        set {
            if let trace = Scopes.current?.trace, let newValue {
                return Trace.of(trace).setGradient(of: self, to: newValue)
            }
            _ = take(.gradient)
            putBack(.gradient, newValue)
        }
    }

    /// What `backward()` does with a new gradient.
    public var gradientMode: GradientMode {
        get { withState { $0.gradientMode } }
        set {
            withState {
                $0.gradientMode = newValue
                $0.thawedMode = nil
            }
        }
    }

    /// Keeps the value as it is: no gradient is computed, no trainer moves it.
    public func freeze() {
        withState { state in
            if state.gradientMode == .none { return }
            state.thawedMode = state.gradientMode
            state.gradientMode = .none
        }
    }

    /// Undoes `freeze()`. A parameter whose `gradientMode` is `.none` from the start (a running mean)
    /// stays as it is.
    public func unfreeze() {
        withState { state in
            state.gradientMode = state.thawedMode.take() ?? state.gradientMode
        }
    }

    /// Says the shape of a parameter that was made without one; the layer knows it at its first
    /// call.
    /// - Precondition: a shape known before is the same.
    public func resolve(_ shape: Shape, for layer: @autoclosure () -> String) {
        let known = withState { state in
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

    /// Starts anew from `initializer` (the parameter's own when nil) and a fresh key.
    public func initialize(_ initializer: Initializer? = nil) {
        let key = NDArray.randomKey()
        withState { state in
            if let initializer { state.initializer = initializer }
            state.key = key
            state.value.array = nil
            state.gradient.array = nil
        }
    }

    /// Whether the first values are random (a weight) and not constant (a bias, a scale).
    public var startsRandom: Bool { withState { $0.initializer.isRandom } }

    /// Whether `gradient` is not nil, whatever a trace made of it.
    var hasGradient: Bool {
        withState { $0.gradient.array != nil || $0.gradient.borrower != 0 }
    }

    /// The type of the value.
    /// - Precondition: the shape is known.
    var knownType: TensorType {
        guard let shape else { Self.trapUnknownShape() }
        return TensorType(dtype, shape)
    }

    package func receive(_ gradient: NDArray) {
        if Scopes.current?.trace != nil {
            if gradientMode == .none { return }
            let old = gradientMode == .add ? self.gradient : nil
            self.gradient = old.map { $0 + gradient } ?? gradient
            return
        }
        switch gradientMode {
        case .none: break
        case .write: self.gradient = gradient
        case .add:
            // Out of the lock: an addition may wait for the engine.
            var sum = take(.gradient)
            if sum == nil { sum = gradient } else { sum! += gradient }
            putBack(.gradient, sum)
        }
    }

    private func withState<R>(_ body: (inout State) -> R) -> R {
        lock.lock()
        defer { lock.unlock() }
        return body(&state)
    }

    private func current() -> NDArray {
        if let value = withState({ $0.value.array }) { return value }
        let value = takeValue()
        putBack(.value, value)
        return value
    }

    /// Takes the value out. The first values are computed here.
    private func takeValue() -> NDArray {
        if let value = take(.value) { return value }
        let (shape, initializer, key) = withState { ($0.shape, $0.initializer, $0.key) }
        guard let shape else { Self.trapUnknownShape() }
        // First values are computed outside every scope: they are no part of a record or a trace.
        return Scopes.with(.outside) { initializer(shape, dtype, key: key) }
    }

    private static func trapUnknownShape() -> Never {
        ArrayError(
            .invalidState, in: "parameter",
            "the shape is not known yet: call the network on an input once, or give the layer "
                + "its input width"
        ).trap()
    }
}

/// Taking arrays out, so that they are unique while they are changed.
extension Parameter {
    /// Takes an array out; other threads wait until it is put back. Nil where there is none yet.
    fileprivate func take(_ part: Part) -> NDArray? {
        while true {
            let (array, borrower) = tryTake(part)
            if borrower == 0 { return array }
            Self.wait(for: borrower)
        }
    }

    /// Takes an array out unless another thread has it.
    /// - Returns: that thread, or 0.
    func tryTake(_ part: Part) -> (array: NDArray?, borrower: UInt) {
        let thread = TaskIdentity.currentThread
        return withState { state in
            if state[part].borrower != 0 { return (nil, state[part].borrower) }
            state[part].borrower = thread
            return (state[part].array.take(), 0)
        }
    }

    func putBack(_ part: Part, _ array: NDArray?) {
        withState { state in
            state[part] = Place(array: array)
            if part == .value { state.shape = array?.shape ?? state.shape }
        }
    }

    /// Lets the thread that has taken an array out go on.
    static func wait(for borrower: UInt) {
        if borrower == TaskIdentity.currentThread {
            ArrayError(
                .invalidState, in: "parameter",
                "the value is read or changed inside its own update; use the array that the "
                    + "update hands out"
            ).trap()
        }
        SpinLock.yield()
    }
}
