import Braid
import Testing

struct SummaryTests {
    private struct Residual: Block {
        let inner: Dense
        let last = Activation.relu
        @Parameter var scale: NDArray

        init(width: Int) {
            inner = Dense(width, inputs: width)
            _scale = Parameter([width], initializer: .ones)
        }
        func forward(_ x: NDArray) -> NDArray { last(x + inner(x) * scale) }
    }

    @Test func tableOfLeNet() throws {
        let network = Models.lenet(height: 8, width: 8)
        let summary = try network.summary(of: TensorType(.f32, [1, 1, 8, 8]))
        #expect(summary.rows.map(\.name) == ["", "0", "1", "2", "3", "4", "5", "6"])
        #expect(summary.rows[1].type == "Conv2D")
        #expect(summary.rows[1].outputs == [TensorType(.f32, [1, 20, 8, 8])])
        #expect(summary.rows.map(\.parameterCount) == [0, 200, 0, 9050, 0, 0, 100_500, 5010])
        #expect(summary.parameterCount == 114_760)
        #expect(summary.trainableParameterCount == 114_760)
        // Nothing was computed, and shapes are known now.
        #expect(network.parameters[0].parameter.shape == [20, 1, 3, 3])
    }

    @Test func namesAreThoseOfParameters() throws {
        let network = Sequential {
            Residual(width: 4)
            Residual(width: 4).hybridized()
            Branches(axis: -1) {
                Identity()
                Dense(2)
            }
        }
        network.parameters.matching("1.*").freeze()
        let summary = try network.summary(of: TensorType(.f32, [3, 4]))
        #expect(
            summary.rows.map(\.name) == [
                "", "0", "0.inner", "0.last", "1", "1.inner", "1.last", "2", "2.0", "2.1",
            ])
        #expect(
            summary.rows.map(\.type) == [
                "Sequential", "Residual", "Dense", "Activation", "Residual", "Dense", "Activation",
                "Branches", "Identity", "Dense",
            ])
        #expect(summary.rows.map(\.depth) == [0, 1, 2, 2, 1, 2, 2, 1, 2, 2])
        #expect(summary.rows.map(\.parameterCount) == [0, 4, 20, 0, 4, 20, 0, 0, 0, 10])
        #expect([summary.parameterCount, summary.trainableParameterCount] == [58, 34])
    }

    @Test func sharedParametersCountOnce() throws {
        let shared = Dense(4, inputs: 4)
        let tied = Parameter([4], initializer: .ones)
        struct Scale: Block {
            let factor: Parameter
            func forward(_ x: NDArray) -> NDArray { x * factor.wrappedValue }
        }
        let network = Sequential {
            shared
            Scale(factor: tied)
            shared
            Scale(factor: tied)
        }
        let summary = try network.summary(of: TensorType(.f32, [2, 4]))
        #expect(summary.rows.map(\.name) == ["", "0", "1", "2", "3"])
        #expect(summary.rows.map(\.parameterCount) == [0, 20, 4, 0, 0])
        #expect(summary.rows.map(\.isShared) == [false, false, false, true, true])
        #expect(summary.parameterCount == 24)
        #expect(
            summary.description == """
                block       output     parameters
                Sequential  f32[2, 4]
                  0: Dense  f32[2, 4]          20
                  1: Scale  f32[2, 4]           4
                  2: Dense  f32[2, 4]      shared
                  3: Scale  f32[2, 4]      shared
                24 parameters, 24 of them trained
                """)
    }

    /// Running averages are parameters that no gradient moves, and stay so.
    @Test func normalizedNetworks() throws {
        let network = Models.resnet18()
        let types = TensorType(.f32, [2, 3, 32, 32])
        for mode in [Mode.train, .predict] {
            let summary = try network.summary(of: types, mode: mode)
            #expect(summary.rows[0].outputs == [TensorType(.f32, [2, 10])])
            #expect(summary.rows.reduce(0) { $0 + $1.parameterCount } == summary.parameterCount)
            #expect(summary.parameterCount == 11_173_962 + 2 * 4800)
            #expect(summary.trainableParameterCount == 11_173_962)
        }
        network.parameters.freeze()
        #expect(try network.summary(of: types).trainableParameterCount == 0)
        network.parameters.unfreeze()
        #expect(try network.summary(of: types).trainableParameterCount == 11_173_962)
    }

    @Test func mistakesAreThrown() {
        let shape = #expect(throws: ArrayError.self) {
            try Dense(2, inputs: 3).summary(of: TensorType(.f32, [1, 4]))
        }
        #expect(shape?.description.contains("[2, 4]") == true)
        let count = #expect(throws: ArrayError.self) { try Dense(2).summary() }
        #expect(count?.description.contains("takes 1 arrays") == true)
    }
}
