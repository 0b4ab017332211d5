import BraidCore
import BraidPlatform
public import BraidRuntime

/// A part of a network: parameters, other blocks, and one `forward`.
///
/// Blocks are structs by default; their identity lies in their `@Parameter`s. A class block holds
/// `let weight = Parameter(…)`. Whether a block trains or predicts is ambient (`Mode.current`).
///
/// ```swift
/// struct Residual: Block {
///     let inner: Dense
///     init(width: Int) { inner = Dense(width, inputs: width, activation: .relu) }
///     func forward(_ x: NDArray) -> NDArray { x + inner(x) }
/// }
/// ```
public protocol Block<Input, Output>: Sendable {
    /// What the block takes; an array unless said otherwise.
    associatedtype Input = NDArray
    /// What the block returns; an array unless said otherwise.
    associatedtype Output = NDArray
    /// Computes the output.
    func forward(_ input: Input) -> Output
}

extension Block {
    /// Computes the output: `network(x)`.
    @inlinable
    public func callAsFunction(_ input: Input) -> Output {
        if BlockCalls.areSpecial { return specialCall(input) }
        return BlockCalls.inside(self) { forward(input) }
    }

    @usableFromInline
    @inline(never)
    func specialCall(_ input: Input) -> Output {
        guard ThreadStack.hasRoom else { return endOfStack(input) }
        // Summaries are made inside a scope.
        if let scope = Scopes.current, let recorder = SummaryRecorder.of(scope) {
            return recorder.record(self, input)
        }
        return BlockPath.inside(self) { _ in forward(input) }
    }

    /// Where blocks that call blocks have used up the thread's stack, of which the system says nothing.
    @inline(never)
    private func endOfStack(_ input: Input) -> Output {
        let error = ArrayError(
            .invalidState, in: "\(type(of: self))",
            "blocks that call each other have used up the thread's stack; a block that calls itself needs an "
                + "end, and blocks nested by the thousand a row (Sequential) or a thread with a larger stack"
        )
        guard Output.self == NDArray.self else { error.trap() }
        let type = (input as? NDArray)?.type ?? TensorType(.f32, [])
        return NDArray.invalid(error.reported(), like: type) as! Output
    }
}
