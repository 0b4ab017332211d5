import BraidCore
import BraidOperators
import BraidPlatform

/// Moves of running averages that the code in a scope leaves to whoever opened it.
package final class AverageMoves: Sendable {
    /// One parameter's way towards what was observed.
    package struct Move: Sendable {
        package let parameter: Parameter
        package let observed: NDArray
        package let momentum: Double

        package init(_ parameter: Parameter, toward observed: NDArray, by momentum: Double) {
            self.parameter = parameter
            self.observed = observed
            self.momentum = momentum
        }

        /// Makes the move; the parameter stays where it is when what was observed has failed.
        package func make() {
            Autograd.pause {
                GuardedChanges.replace(parameter, dependingOn: observed.storage) {
                    parameter.update { $0 = $0 * (1 - momentum) + observed * momentum }
                }
            }
        }
    }

    private let moves = Locked<[Move]>([])

    init() {}

    /// Runs `body`, in which moves are not made but collected, in their order.
    package static func collecting<R>(_ body: () -> R) -> (result: R, moves: [Move]) {
        let collected = AverageMoves()
        let result = Scopes.changing({ $0.averages = collected }, body)
        return (result, collected.moves.withLock { $0 })
    }

    fileprivate func append(_ move: Move) { moves.withLock { $0.append(move) } }
}

extension Parameter {
    /// Moves a running average, such as batch normalisation's mean, a part of the way to what was
    /// observed: to `(1 - momentum) value + momentum observed`. Nothing is recorded.
    ///
    /// Inside a shard of a `DataParallelStep` the step moves the parameter, once, to the mean of what its
    /// shards observed. A `Model` leaves it as it is, and one that is frozen stays as it is.
    ///
    /// The parameter should have the `gradientMode` `.none`.
    /// - Precondition: `momentum` is in `0...1`.
    public func moveAverage(toward observed: NDArray, momentum: Double) {
        guard
            ArrayError.check(
                (0...1).contains(momentum), in: "moveAverage",
                "the momentum \(momentum) is out of range; expected 0...1"), !isFrozen
        else { return }
        let isTraced = Scopes.current?.trace != nil
        let move = AverageMoves.Move(
            self, toward: isTraced ? observed : observed.withElements(), by: momentum)
        if let collected = Scopes.current?.averages {
            unsafeDowncast(collected, to: AverageMoves.self).append(move)
        } else {
            move.make()
        }
    }
}
