import Braid
import Testing

/// Messages name the function that was called, and not one that it calls.
@Suite struct FunctionNameTests {
    private static let x = NDArray([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])

    private static let calls: [(name: String, call: @Sendable (NDArray) -> NDArray)] = [
        ("variance", { x in x.variance(over: 9) }),
        ("variance", { x in x.variance(over: 0, -2) }),
        ("standardDeviation", { x in x.standardDeviation(over: 9) }),
        ("norm", { x in x.norm(over: [-3]) }),
        ("logSumExp", { x in x.logSumExp(over: 9) }),
        ("shuffled", { x in x.shuffled(axis: 9) }),
        ("matrixTransposed", { x in x.sum(over: 0).matrixTransposed() }),
        ("stacked", { x in stacked([x, x], axis: 9) }),
        ("stacked", { x in stacked([x, x.sum(over: 0)]) }),
        ("stacked", { x in stacked([x, x.cast(to: .f64)]) }),
        ("stacked", { _ in stacked([] as [NDArray]) }),
        ("topK", { x in x.topK(4).values }),
        ("topK", { x in x.topK(-1).indices }),
        ("topK", { x in x.topK(1, axis: 2).values }),
    ]

    @Test(arguments: calls)
    func isThatOfTheCall(name: String, call: @Sendable (NDArray) -> NDArray) {
        let error = #expect(throws: ArrayError.self) { try validating { call(Self.x) } }
        #expect(error?.operation == name, "\(String(describing: error))")
    }

    @Test func rightCallsAreDone() throws {
        #expect(stacked([Self.x, Self.x], axis: -1).shape == [2, 3, 2])
        #expect(stacked([Self.x, Self.x], axis: -3).shape == [2, 2, 3])
        #expect(Self.x.topK(0).values.shape == [2, 0])
        #expect(Self.x.topK(3).indices.shape == [2, 3])
        #expect(Self.x.matrixTransposed().shape == [3, 2])
        #expect(try Self.x.variance(over: -1, 0).scalar(as: Float.self) == 35.0 / 12)
    }
}
