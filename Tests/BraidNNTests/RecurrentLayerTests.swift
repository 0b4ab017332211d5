import Braid
import BraidTestSupport
import Testing

struct RecurrentLayerTests {
    private func values(_ array: NDArray) throws -> [Float] { try array.scalars(as: Float.self) }

    /// Gives biases other values than zeros.
    private func disturb(_ parameters: ParameterList) {
        for element in parameters where !element.parameter.startsRandom {
            element.parameter.wrappedValue = .normal(element.parameter.shape!)
        }
    }

    @Test func parametersHaveTorchsNames() {
        let layer = LSTM(3, layers: 2, isBidirectional: true, inputs: 5)
        let shapes = layer.parameters.map { "\($0.name) \($0.parameter.shape!)" }
        let expected = [("l0", 5), ("l0_reverse", 5), ("l1", 6), ("l1_reverse", 6)].flatMap {
            [
                "weight_ih_\($0) [12, \($1)]", "weight_hh_\($0) [12, 3]", "bias_ih_\($0) [12]",
                "bias_hh_\($0) [12]",
            ]
        }
        #expect(shapes == expected)
        let network = Sequential { GRU(2, usesBias: false, inputs: 4) }
        #expect(network.parameters.map(\.name) == ["0.weight_ih_l0", "0.weight_hh_l0"])
        #expect(
            GRUCell(2).parameters.map(\.name) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"])
    }

    /// A cell, step by step, has the bits of the layer with its parameters.
    @Test func cellsAreLayers() throws {
        func check<Layer: Block, Cell: RecurrentCell>(
            _ layer: Layer, _ cell: Cell, _ run: (NDArray, NDArray?) -> (NDArray, [NDArray])
        ) throws where Layer.Input == NDArray, Layer.Output == NDArray {
            let x = NDArray.normal([5, 3, 4])
            disturb(layer.parameters)
            for (own, other) in zip(cell.parameters, layer.parameters) {
                own.parameter.wrappedValue = other.parameter.wrappedValue
            }
            for lengths in [nil, NDArray([Int32(3), 0, 5])] {
                let (output, state) = run(x, lengths)
                let unrolled = cell.unrolled(x, validLengths: lengths)
                #expect(try values(output) == values(unrolled.output))
                for (whole, own) in zip(state, unrolled.state) {
                    #expect(try values(whole) == values(own))
                }
                #expect(state.count == unrolled.state.count)
                if lengths == nil { #expect(try values(layer.forward(x)) == values(output)) }
            }
        }
        let rnn = RNN(6, inputs: 4)
        try check(rnn, RNNCell(6, inputs: 4)) {
            let (output, state) = rnn($0, state: nil, validLengths: $1)
            return (output, [state])
        }
        let lstm = LSTM(6, inputs: 4)
        try check(lstm, LSTMCell(6, inputs: 4)) {
            let (output, state) = lstm($0, state: nil, validLengths: $1)
            return (output, [state.hidden, state.cell])
        }
        let gru = GRU(6, inputs: 4)
        try check(gru, GRUCell(6, inputs: 4)) {
            let (output, state) = gru($0, state: nil, validLengths: $1)
            return (output, [state])
        }
    }

    /// Going on from a state is as going through in one go.
    @Test func statesGoOn() throws {
        let layer = LSTM(4, layers: 2)
        let x = NDArray.normal([6, 2, 3])
        let (whole, last) = layer(x, state: nil)
        let (head, middle) = layer(x[..<2], state: nil)
        let (tail, end) = layer(x[2...], state: middle)
        #expect(try values(whole) == values(concatenated([head, tail])))
        #expect(try values(last.hidden) == values(end.hidden))
        #expect(try values(last.cell) == values(end.cell))
        #expect(last.cell.shape == [2, 2, 4])
    }

    /// A padded sequence gives what it gives alone, zeros behind, and its own last state.
    @Test func paddingDoesNotMatter() throws {
        let layer = GRU(4, layers: 2, isBidirectional: true)
        let x = NDArray.normal([5, 3, 2])
        let lengths = [5, 2, 3]
        let (padded, state) = layer(
            x, state: nil, validLengths: NDArray(lengths.map { Int64($0) }))
        for (row, length) in lengths.enumerated() {
            let (alone, own) = layer(x[..<length, row..<(row + 1)], state: nil)
            #expect(
                try values(padded[..<length, row..<(row + 1)].copied()) == values(alone.copied()))
            #expect(try values(padded[length..., row]).allSatisfy { $0 == 0 })
            #expect(try values(state[0..., row]) == values(own[0..., 0]))
        }
    }

    /// Nor does padding that is not finite, in gradients either.
    @Test func paddingThatIsNoNumberDoesNotMatter() throws {
        let lengths = NDArray([4, 2, 0] as [Int64])
        let isValid =
            NDArray.range(count: 4, dtype: .i64).reshaped(to: [4, 1, 1])
            .< lengths.expandingDimension(at: 1)
        let sequence = NDArray.normal([4, 3, 2])
        func check(
            _ parameters: ParameterList, _ run: @escaping (NDArray) -> (NDArray, [NDArray])
        ) throws {
            func found(padding: Double) throws -> [[Float]] {
                parameters.forEach { $0.parameter.gradient = nil }
                let x = select(isValid, sequence, .full([], padding))
                var output: [NDArray] = []
                let loss: (NDArray) -> NDArray = { x in
                    let (y, state) = run(x)
                    output = [y] + state
                    return state.reduce(y.square().sum()) { $0 + $1.sum() }
                }
                Autograd.record { loss(x) }.backward()
                let slopes =
                    parameters.map { $0.parameter.gradient! } + [gradient(at: x) { loss($0) }]
                return try (slopes + output).map { try values($0.detached()) }
            }
            let expected = try found(padding: 0)
            for padding in [.nan, .infinity, -.infinity] as [Double] {
                #expect(try found(padding: padding) == expected, "\(padding)")
            }
        }
        let lstm = LSTM(3, layers: 2, isBidirectional: true, inputs: 2)
        try check(lstm.parameters) {
            let (y, state) = lstm($0, state: nil, validLengths: lengths)
            return (y, [state.hidden, state.cell])
        }
        let cell = GRUCell(3, inputs: 2)
        for isReversed in [false, true] {
            try check(cell.parameters) {
                let (y, state) = cell.unrolled(
                    $0, validLengths: lengths, isReversed: isReversed)
                return (y, state)
            }
        }
    }

    @Test func batchFirstExchangesTwoAxes() throws {
        let layer = LSTM(3, isBidirectional: true, inputs: 2)
        let other = LSTM(3, isBidirectional: true, isBatchFirst: true, inputs: 2)
        for (own, parameter) in zip(other.parameters, layer.parameters) {
            own.parameter.wrappedValue = parameter.parameter.wrappedValue
        }
        let x = NDArray.normal([4, 3, 2])
        let y = other(x.transposed(axes: [1, 0, 2]))
        #expect(y.shape == [3, 4, 6])
        #expect(try values(y.transposed(axes: [1, 0, 2])) == values(layer(x)))
    }

    /// Enough work for several pieces: the same bits, forward and backward, for any number of threads.
    @Test func theSameBitsForAnyNumberOfThreads() throws {
        let x = NDArray.normal([3, 8, 16])
        for make in [
            { LSTM(150, inputs: 16) }, { GRU(150, isBidirectional: true, inputs: 16) },
        ] as [@Sendable () -> any Block<NDArray, NDArray>] {
            var expected: [[Float]]?
            for threads in [1, 2, 4] {
                Runtime.use(Engine(.threaded(threads: threads)))
                RandomSource.seed(8)
                let layer = make()
                let y = Autograd.record { layer.forward(x).square() }
                y.backward()
                let found =
                    try [values(y)] + layer.parameters.map { try values($0.parameter.gradient!) }
                #expect(found == expected ?? found)
                expected = found
            }
        }
        Runtime.use(Engine())
    }

    /// Second derivatives go through the layer: the gradient of a squared gradient by differences.
    @Test func gradientsOfGradients() throws {
        let layers: [any Block<NDArray, NDArray>] = [
            RNN(3, inputs: 2, dtype: .f64), LSTM(3, inputs: 2, dtype: .f64),
            GRU(3, inputs: 2, dtype: .f64),
        ]
        for layer in layers {
            let x = NDArray.normal([4, 2, 2], dtype: .f64)
            let slope = { @Sendable (x: NDArray) in
                gradient(at: x) { layer.forward($0).square().sum() }.square().sum()
            }
            let second = gradient(at: x, of: slope)
            let direction = NDArray.normal([4, 2, 2], dtype: .f64)
            let step = 1e-5
            let difference =
                try (slope(x + direction * step) - slope(x - direction * step))
                .scalar(as: Double.self) / (2 * step)
            let expected = try (second * direction).sum().scalar(as: Double.self)
            #expect(abs(difference - expected) < 1e-6 * max(1, abs(expected)))
        }
    }

    @Test func mistakesNameTheLayer() {
        let mistakes: [(@Sendable () -> NDArray, [String])] = [
            ({ LSTM(3)(.ones([2, 4])) }, ["lstm", "[steps, batch, inputs]", "[2, 4]"]),
            (
                { GRU(3, isBatchFirst: true)(.ones([2, 0, 4])) },
                ["gru", "[batch, steps", "[2, 0, 4]"]
            ),
            ({ RNN(3, inputs: 5)(.ones([2, 1, 4])) }, ["rnn", "[3, 5]", "[3, 4]"]),
            (
                { LSTM(3)(.ones([2, 1, 4]), state: nil, validLengths: .ones([1])).output },
                ["lstm", "lengths", "f32[1]"]
            ),
            (
                { GRU(3)(.ones([2, 1, 4]), state: .ones([1, 2, 3])).output },
                ["recurrent_sequence", "[2, 3]"]
            ),
            (
                { LSTMCell(3)(RecurrentStep(.ones([2, 4]), state: [.ones([2, 3])])).value },
                ["lstm_cell", "2 state arrays"]
            ),
        ]
        for (call, mentions) in mistakes {
            let error = #expect(throws: ArrayError.self) { try validating { call() } }
            for part in mentions {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
        }
    }
}
