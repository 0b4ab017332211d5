import Braid
import BraidTestSupport
import Foundation
import Testing

/// Checked mode finds what it says it finds, names where it came from, and changes no bit.
@Suite(.serialized)
struct CheckedModeTests {
    /// Writes one element more than it has.
    private struct Careless: Operator {
        static let name = "careless"
        static let arity: Int? = 1

        func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType { inputs[0] }
        func evaluate(_ context: borrowing KernelContext) {
            let result = context.outputs[0]
            let elements = result.address.assumingMemoryBound(to: Float.self)
            for element in 0...result.type.count { elements[element] = 0 }
        }
    }

    private struct Sharp: Block {
        let dense: Dense
        init() { dense = Dense(2, inputs: 2, usesBias: false) }
        func forward(_ x: NDArray) -> NDArray { dense(x).log() }
    }

    private func checked<R>(_ body: () throws -> R) rethrows -> R {
        Runtime.use(Engine(.serial), checked: true)
        defer { Runtime.use(Engine()) }
        return try body()
    }

    /// What reading the array reports.
    private func finding(_ body: () -> NDArray) throws -> CheckError {
        try checked {
            let array = body()
            let error = #expect(throws: EngineError.self) { try array.waitUntilReady() }
            return try #require(error?.underlying as? CheckError, "\(String(describing: error))")
        }
    }

    @Test func numbersThatAreNoneAreFoundWhereTheyArise() throws {
        let error = try finding { NDArray([4, 1, -1] as [Float]).log().sum() }
        #expect(error.code == .notANumber && error.operation == "logarithm", "\(error)")
        #expect(error.message.contains("f32[3] is NaN at [2]"), "\(error)")
        #expect(error.message.contains("all operands are finite"), "\(error)")
    }

    @Test func infiniteValuesAreFoundUnlessTheyWereGiven() throws {
        let error = try finding {
            NDArray([1, 2] as [Double]) / NDArray([0, 1] as [Double])
        }
        #expect(error.code == .infinite && error.operation == "divide", "\(error)")
        let overflow = try finding { NDArray([70_000] as [Float]).cast(to: .f16) }
        #expect(overflow.code == .infinite, "\(overflow)")
        // A mask of minus infinity is what its user wants.
        try checked { () throws in
            let mask = NDArray([true, false])
            let scores = select(mask, NDArray([1, 2] as [Float]), .full([2], -.infinity))
            #expect(try scores.softmax(axis: 0).scalars(as: Float.self) == [1, 0])
        }
        let nan = try finding {
            NDArray([.infinity, 1] as [Float]) - NDArray([.infinity, 1] as [Float])
        }
        #expect(
            nan.message.contains("the second operand f32[2] is infinite at [0]"), "\(nan)")
    }

    @Test func indicesOutsideTheirAxisAreFound() throws {
        let table = NDArray.zeros([3, 2])
        let error = try finding { table.gathered(at: NDArray([0, 3] as [Int32]), axis: 0) }
        #expect(error.code == .invalidIndex && error.operation == "gathered")
        #expect(error.message == "index 3 at position [1] is outside 0..<3", "\(error)")
        let label = try finding {
            softmaxCrossEntropy(NDArray.zeros([1, 4]), NDArray([-1] as [Int64]))
        }
        #expect(label.code == .invalidIndex && label.message.contains("-1"), "\(label)")
    }

    @Test func writesOutsideTheResultAreFound() throws {
        let error = try finding { .apply(Careless(), NDArray([1, 2, 3, 4] as [Float])) }
        #expect(error.code == .invalidWrite && error.operation == "careless", "\(error)")
    }

    @Test func theBlockAndTheLineAreNamed() throws {
        let sharp = Sharp()
        sharp.parameters[0].parameter.wrappedValue = NDArray(
            [1, 0, 0, 1] as [Float], shape: [2, 2])
        let network = Sequential {
            Activation.relu
            sharp
        }
        let line = #line + 1
        let error = try finding { network(NDArray([1, 0] as [Float], shape: [1, 2])) }
        #expect(error.block == "1 (Sharp)", "\(error)")
        // The innermost line outside the library is that of the block itself.
        let location = try #require(error.location)
        #expect(location.contains("CheckedModeTests.swift:"), "\(error)")
        let named = Int(location.split(separator: ":").last!)
        #expect(named != nil && named! < line, "\(error)")
    }

    @Test func gradientsAndHybridizedCallsAreChecked() throws {
        let weight = Parameter(NDArray([0, 4] as [Float]))
        checked {
            let root = hybridize { (x: NDArray) in (x * weight.wrappedValue).squareRoot() }
            // Twice, as the second sighting of a record would be compiled.
            for _ in 0..<3 {
                let losses = Autograd.record { root(.ones([2])) }
                losses.backward()
                let error = #expect(throws: EngineError.self) {
                    try weight.gradient!.waitUntilReady()
                }
                #expect((error?.underlying as? CheckError)?.code == .infinite, "\(error!)")
            }
            #expect(root.traceCount == 0)
        }
    }

    @Test func compiledGraphsAreChecked() throws {
        let x = Symbol.variable("x", .f32, [2])
        let graph = try Graph(outputs: [(x - 1).log() * 2]).compiled()
        let error = try finding { graph([NDArray([1, 0] as [Float])])[0] }
        #expect(error.code == .notANumber, "\(error)")
    }

    /// Also that the environment turns it on.
    @Test func checkedTrainingGivesTheSameBits() throws {
        try withTemporaryFolder { folder in
            let train = BuiltProgram("train")
            let files = try ["0", "1"].map { checked in
                let file = folder.appending(path: "\(checked).braid")
                let outcome = try train(
                    [
                        "--model", "mlp", "--epochs", "1", "--batch-size", "512", "--output",
                        file.path,
                    ],
                    environment: ["BRAID_CHECK": checked])
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try Data(contentsOf: file)
            }
            #expect(files[0] == files[1])
            let diverging = try train(
                [
                    "--model", "mlp", "--epochs", "1", "--optimizer", "sgd", "--learning-rate",
                    "1e30",
                ],
                environment: ["BRAID_CHECK": "1"])
            #expect(diverging.status == 1)
            #expect(
                diverging.errors.contains("is NaN at") || diverging.errors.contains("infinite"),
                "\(diverging.errors)")
        }
    }
}
