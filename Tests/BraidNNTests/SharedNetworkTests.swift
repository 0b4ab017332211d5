import Braid
import BraidTestSupport
import Foundation
import Testing

/// One network that many threads use at once.
///
/// Runs alone: it keeps all cores busy.
@Suite(.serialized) struct SharedNetworkTests {
    /// Seconds for each way.
    private static let seconds = TestCounts.isFull ? 10.0 : 0.25

    /// Half of the threads train, the others predict, read, replace and freeze.
    @Test(arguments: [false, true])
    func eightThreadsTrainAndPredict(_ isHybridized: Bool) throws {
        let plain = Sequential {
            Dense(16, inputs: 8, activation: .relu)
            BatchNorm()
            Dense(4)
        }
        _ = plain(.ones([2, 8]))
        let network: any Block<NDArray, NDArray> = isHybridized ? plain.hybridized() : plain
        let parameters = plain.parameters
        let trainer = Trainer(parameters, .sgd(learningRate: 1e-3, momentum: 0.9))
        let x = NDArray((0..<32).map { Float($0 % 7) / 7 }, shape: [4, 8])
        let training = NSLock()
        let end = Date().addingTimeInterval(Self.seconds)
        let finite = LockedBox(true)
        parallel(8) { thread in
            var round = 0
            while Date() < end {
                round += 1
                switch thread {
                case 0..<3:
                    let loss = Autograd.record { network(x).square().mean(over: 1) }
                    // One trainer steps at a time; the passes themselves overlap.
                    training.lock()
                    loss.backward()
                    trainer.step(batchSize: 4)
                    training.unlock()
                case 3..<6:
                    let y = try! network(x).scalars(as: Float.self)
                    if !y.allSatisfy(\.isFinite) { finite.value = false }
                case 6:
                    for element in parameters {
                        let value = try! element.parameter.wrappedValue.scalars(as: Float.self)
                        if !value.allSatisfy(\.isFinite) { finite.value = false }
                    }
                default:
                    for element in parameters where element.parameter.gradientMode != .none {
                        element.parameter.update { $0 *= 0.999 }
                        _ = element.parameter.gradient
                    }
                }
            }
        }
        #expect(finite.value)
        // What other tests left behind is not looked at.
        try? Runtime.waitAll()
    }

    /// Readers always see a whole value: all elements of one update.
    @Test func readersSeeWholeValues() throws {
        let parameter = Parameter(NDArray([Float](repeating: 0, count: 256)))
        let end = Date().addingTimeInterval(Self.seconds)
        let whole = LockedBox(true)
        parallel(8) { thread in
            while Date() < end {
                if thread < 2 {
                    parameter.update { $0 += 1 }
                } else if thread == 2 {
                    parameter.wrappedValue = .full([256], Double(Int.random(in: 0..<100)))
                } else {
                    let value = try! parameter.wrappedValue.scalars(as: Float.self)
                    if value.contains(where: { $0 != value[0] }) { whole.value = false }
                }
            }
        }
        #expect(whole.value)
    }
}
