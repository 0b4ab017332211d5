import Braid
import BraidTestSupport
import Testing

/// Graphs of symbols by hand as functions with parameters.
struct SymbolicFunctionTests {
    private let x = Symbol.variable("x", .f64, [3])
    private let values = NDArray([1, -2, 3] as [Double])

    private func scalars(_ array: NDArray?) throws -> [Double] {
        try #require(array).scalars(as: Double.self)
    }

    /// Two paths over external data, one of which is assigned to a variable, and their sum.
    @Test func twoPathsWithAVariable() throws {
        let mean = ((Symbol.full([3], 4, dtype: .f64) + 1) * x).mean()
        let shifted = Symbol.full([3], 3, dtype: .f64) * 2 + x
        let variable = Parameter(.zeros([3], dtype: .f64))
        let run = try SymbolicFunction(
            ["sum": mean + shifted, "mean": mean], parameters: ["variable": variable],
            updates: ["variable": shifted])
        #expect(run.signature.inputs == [.init("x", x.type)])
        #expect(run.signature.outputs.map(\.name) == ["sum", "mean"])
        #expect(run.signature.parameters == [.init("variable", x.type)])
        for factor in [1.0, 2, -3] {
            let data = values * factor
            let elements = try scalars(data)
            let expected = 5 * elements.reduce(0, +) / 3
            let results = try run(["x": data])
            #expect(try scalars(variable.wrappedValue) == elements.map { 6 + $0 })
            let sums = try scalars(results["sum"])
            for (sum, element) in zip(sums, elements) {
                #expect(abs(sum - (expected + 6 + element)) < 1e-12)
            }
            #expect(try scalars(run([data])[0]) == sums)
        }
    }

    @Test func updatesSeeTheOldValuesAndComeOnce() throws {
        let (a, b) = (Symbol.variable("a", .f64, [3]), Symbol.variable("b", .f64, [3]))
        let (first, second) = (Parameter(values), Parameter(values * 10))
        let swap = try SymbolicFunction(
            ["sum": a + b], parameters: ["a": first, "b": second], updates: ["b": a, "a": b])
        let snapshot = first.wrappedValue
        for round in 1...3 {
            #expect(try scalars(swap([])[0]) == [11, -22, 33])
            let isSwapped = round % 2 == 1
            #expect(try scalars(first.wrappedValue) == scalars(values * (isSwapped ? 10 : 1)))
            #expect(try scalars(second.wrappedValue) == scalars(values * (isSwapped ? 1 : 10)))
        }
        #expect(try scalars(snapshot) == [1, -2, 3])

        let counter = Parameter(NDArray([0] as [Double]))
        let count = Symbol.variable("count", .f64, [1])
        let step = try SymbolicFunction(
            [:], parameters: ["count": counter], updates: ["count": count + 1])
        for _ in 0..<10 { #expect(step([]).isEmpty) }
        #expect(try scalars(counter.wrappedValue) == [10])
    }

    /// A step of descent by symbols has the bits of one by arrays.
    @Test func trainingByHandEqualsAutograd() throws {
        let start = NDArray([0.5, 0.25, -1] as [Double])
        let w = Symbol.variable("w", .f64, [3])
        let loss = ((x * w).tanh() - 1).square().mean()
        let (byHand, byArrays) = (Parameter(start), Parameter(start))
        let step = try SymbolicFunction(
            ["loss": loss], parameters: ["w": byHand],
            updates: ["w": w - gradient(of: loss, at: w) * 0.1])
        for round in 1...5 {
            let data = values * (1 / Double(round))
            let expected = Autograd.record {
                ((data * byArrays.wrappedValue).tanh() - 1).square().mean()
            }
            expected.backward()
            byArrays.update { $0 = $0 - byArrays.gradient! * 0.1 }
            #expect(try scalars(step(["x": data])["loss"]) == scalars(expected))
            #expect(try scalars(byHand.wrappedValue) == scalars(byArrays.wrappedValue))
        }
    }

    @Test func gradientsFlowThroughCallsAndTraces() throws {
        let w = Symbol.variable("w", .f64, [3])
        let weight = Parameter(values)
        let state = Parameter(.zeros([3], dtype: .f64))
        let function = try SymbolicFunction(
            ["y": (x * w).exp()], parameters: ["w": weight, "state": state],
            updates: ["state": x * 2])
        let plain = Autograd.record { (values * weight.wrappedValue).exp().sum() }
        plain.backward()
        let expected = try scalars(weight.gradient)
        Autograd.record { function([values])[0].sum() }.backward()
        #expect(try scalars(weight.gradient) == expected)
        #expect(try scalars(state.wrappedValue) == [2, -4, 6])

        let traced = hybridize { (x: NDArray) in function([x])[0].sum() + 1 }
        weight.gradient = nil
        state.wrappedValue = values
        let loss = Autograd.record { traced(values) }
        loss.backward()
        #expect(try scalars(weight.gradient) == expected)
        #expect(try scalars(loss) == [scalars(plain)[0] + 1])
        #expect(try scalars(state.wrappedValue) == [2, -4, 6])
    }

    /// Every call draws as array code would, whichever way the graph is run.
    @Test func randomKeysAreDrawnAtEveryCall() throws {
        func noisy<T: Operand>(_ x: T) -> T {
            x * .uniform([3], dtype: .f64) + .normal([3], dtype: .f64)
        }
        func draws(_ call: () throws -> NDArray) throws -> [[Double]] {
            RandomSource.seed(9)
            return try (0..<3).map { _ in try scalars(call()) }
        }
        let expected = try draws { noisy(values) }
        #expect(expected[0] != expected[1])
        let function = try SymbolicFunction(["y": noisy(x)])
        #expect(try draws { function([values])[0] } == expected)
        #expect(function.signature.randomKeys == ["random key 1", "random key 2"])
        let graph = try Graph(outputs: [noisy(x)])
        let compiled = graph.compiled()
        #expect(try draws { compiled([values])[0] } == expected)
        let model = try Model(graph: graph, parameters: [])
        #expect(model.signature.inputs.map(\.name) == ["x"])
        #expect(try draws { try model(["x": values])["output"]! } == expected)
        let read = try Model(graph: ModelSupport.roundTrip(graph), parameters: [])
        #expect(read.graph.isIdentical(to: graph))
        #expect(try draws { try read(["x": values])["output"]! } == expected)
        let traced = hybridize { (x: NDArray) in function([x])[0] }
        #expect(try draws { traced(values) } == expected)
    }

    @Test func argumentsByNameAreChecked() throws {
        let y = Symbol.variable("y", .f64, [])
        let function = try SymbolicFunction(["sum": x + y])
        func error(_ arguments: [String: NDArray]) -> ModelError? {
            #expect(throws: ModelError.self) { try function(arguments) }
        }
        let one = NDArray(1.0)
        let missing = error([:])
        #expect(missing?.code == .missing && missing?.message.contains("'x', 'y'") == true)
        let unexpected = error(["x": values, "y": one, "z": one, "a": one])
        #expect(unexpected?.code == .unexpected)
        #expect(unexpected?.message == "there are no inputs 'a', 'z'; the inputs are 'x', 'y'")
        let other = error(["x": values.cast(to: .f32), "y": one])
        #expect(other?.code == .typeMismatch)
        #expect(other?.message == "the input 'x' is f64[3], not f32[3]")
    }

    @Test func argumentsByPositionAreChecked() throws {
        let function = try SymbolicFunction(["double": x * 2])
        let graph = try Graph(outputs: [x * 2])
        let compiled = graph.compiled()
        let model = try Model(graph: graph, parameters: [])
        let callers: [([NDArray]) -> [NDArray]] = [
            { function($0) }, { compiled($0) }, { model($0) },
        ]
        for call in callers {
            #expect(try scalars(validating { call([values]) }[0]) == [2, -4, 6])
            for arguments in [[], [values, values]] {
                let error = #expect(throws: ArrayError.self) {
                    try validating { _ = call(arguments)[0] + 1 }
                }
                #expect(error?.message.contains("takes 1 arrays, not \(arguments.count)") == true)
                #expect(error?.message.contains("'x'") == true)
            }
            let error = #expect(throws: ArrayError.self) {
                try validating { call([.zeros([4], dtype: .f64)]) }
            }
            #expect(error?.message == "the input 'x' is f64[3], not f64[4]")
        }
    }

    @Test func whatDoesNotFitTogetherIsRefused() throws {
        let w = Symbol.variable("w", .f64, [3])
        let weight = Parameter(values)
        func message(
            _ outputs: KeyValuePairs<String, Symbol>,
            _ parameters: KeyValuePairs<String, Parameter> = [:],
            _ updates: KeyValuePairs<String, Symbol> = [:]
        ) -> String {
            do throws(ModelError) {
                _ = try SymbolicFunction(outputs, parameters: parameters, updates: updates)
                return "no mistake"
            } catch {
                return error.message
            }
        }
        let other = Symbol.variable("x", .f64, [3])
        #expect(message(["y": x + other]).contains("two variables are called 'x'"))
        #expect(message(["y": x, "y": w]) == "outputs share the names 'y'")
        #expect(
            message(["y": x], ["w": weight])
                == "the parameter 'w' is neither a variable nor updated; the variables are 'x'")
        #expect(
            message(["y": x + w], ["x": weight, "w": weight])
                == "'x' and 'w' are the same parameter")
        #expect(
            message(["y": w], ["w": Parameter([4], dtype: .f64)])
                == "the parameter 'w' is f64[4], but its symbol is f64[3]")
        #expect(
            message(["y": w], ["w": weight], ["w": w.sum()])
                == "the parameter 'w' is f64[3], but its symbol is f64[]")
        #expect(
            message(["y": w], [:], ["w": w * 2])
                == "there are updates, but no parameters 'w'")
        #expect(message(["y": w], ["w": weight], ["w": w * 2]) == "no mistake")
    }

    /// A parameter without a shape learns it from its symbol.
    @Test func shapesAreLearntFromSymbols() throws {
        let weight = Parameter(nil, dtype: .f64, initializer: .ones)
        let w = Symbol.variable("w", .f64, [3])
        let function = try SymbolicFunction(["y": x * w], parameters: ["w": weight])
        #expect(weight.shape == [3])
        #expect(try scalars(function([values])[0]) == [1, -2, 3])
    }
}
