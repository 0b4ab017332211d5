import Braid
import BraidTestSupport
import Testing

/// The networks of `Models` give PyTorch's results, gradients and running averages with PyTorch's weights.
struct ModelOracleTests {
    /// A network and the file with its values.
    struct Row: CustomTestStringConvertible, Sendable {
        let file: String
        /// What is computed in. Networks with rectifiers in f64: where an element that is almost 0 falls to
        /// the other side, gradients jump.
        let dtype: DType
        let make: @Sendable () -> any Block<NDArray, NDArray>

        init(
            _ file: String, _ dtype: DType = .f32,
            _ make: @escaping @Sendable () -> any Block<NDArray, NDArray>
        ) {
            (self.file, self.dtype, self.make) = (file, dtype, make)
        }

        var testDescription: String { file }
    }

    static let rows: [Row] =
        [
            Row("mlp") { Models.mlp() },
            Row("lenet") { Models.lenet(height: 28, width: 28) },
            Row("resnet18", .f64) { Models.resnet18(dtype: .f64) },
            Row("resnet50", .f64) { Models.resnet50(dtype: .f64) },
            Row("mobilenetv2", .f64) { Models.mobilenetv2(dropout: 0, dtype: .f64) },
            Row("bert") { Models.bert(layers: 2, width: 24, heads: 4, hidden: 48) },
            Row("gpt") {
                Models.gpt(vocabulary: 50, width: 32, heads: 4, layers: 2, length: 9)
            },
            Row("lstm") { Models.lstm() },
            Row("lstm-lm") { Models.lstmLanguageModel() },
        ] + (TestCounts.isFull ? fullRows : [])

    private static let fullRows: [Row] = [
        Row("resnet50-full", .f64) { Models.resnet50(dtype: .f64) },
        Row("mobilenetv2-full", .f64) { Models.mobilenetv2(dropout: 0, dtype: .f64) },
        Row("bert-full") { Models.bert() },
        Row("gpt-full") { Models.gpt() },
        Row("lstm-full") { Models.lstm() },
        Row("lstm-lm-full") { Models.lstmLanguageModel() },
    ]

    @Test(arguments: rows) func networksGivePyTorchsValues(_ row: Row) throws {
        let oracle = try ModelOracle.named(row.file)
        let x = oracle.inputArray(row.dtype)
        let network = row.make()
        if network.parameters.contains(where: { $0.parameter.shape == nil }) {
            // Layers learn their input widths.
            _ = network.forward(x)
        }
        for expected in oracle.cases {
            let parameters = network.parameters
            #expect(
                parameters.map { $0.parameter.shape } == expected.parameters.map { Shape($0.shape) }
            )
            parameters.fillWithHashedValues(expected.parameters)
            // PyTorch's own error in f32, and some more roundings since ours come in another order; in f64
            // as many, and the twelve decimals of the file.
            let tolerance =
                row.dtype.tolerance(reductionLength: 8 * expected.roundings)
                + (row.dtype == .f64 ? 1e-11 : 0)
            let largest = expected.parameters.compactMap { $0.gradient?.root }.max() ?? 0

            let mode: Mode = expected.mode == "train" ? .train : .predict
            let y = Autograd.record(mode: mode) { network.forward(x) }
            let cotangent = HashedValues.floats(y.count, seed: 1_000_000)
            y.backward(seed: NDArray(cotangent, shape: y.shape).cast(to: y.dtype))
            func check(
                _ array: NDArray?, _ summary: ModelOracle.Summary?, _ what: String, floor: Double
            ) throws {
                guard let summary else { return }
                let found = try #require(array, "\(what)")
                let difference = try summary.difference(
                    of: found, tolerance: tolerance, floor: floor)
                #expect(difference == nil, "\(what) in mode \(expected.mode)")
            }
            try check(y, expected.outputs, "result", floor: 0)
            for (element, entry) in zip(parameters, expected.parameters) {
                let parameter = element.parameter
                let what = "\(element.name) (\(entry.name))"
                try check(
                    parameter.gradient, entry.gradient, "gradient of \(what)",
                    floor: largest * 1e-6)
                try check(parameter.wrappedValue, entry.average, what, floor: 1e-6)
            }
        }
    }
}
