import Braid
import Testing

/// Absurd attributes of creation, random, shape and layer functions, and of what trains: an error that
/// names the argument, in code, inside `validating` and inside a trace; never a trap without a message,
/// never a quiet constant. `AttributeFileTests` has those that come from graph files.
@Suite struct AttributeTests {
    /// One absurd call.
    struct Row: Sendable, CustomTestStringConvertible {
        let function: String
        /// What the message must name.
        let argument: String
        /// The call, of an array f32[2, 4, 6].
        let call: @Sendable (NDArray) -> NDArray
        var testDescription: String { "\(function) \(argument)" }

        init(
            _ function: String, _ argument: String, _ call: @escaping @Sendable (NDArray) -> NDArray
        ) {
            (self.function, self.argument, self.call) = (function, argument, call)
        }

        /// A call that makes something else than an array.
        static func making(
            _ function: String, _ argument: String, _ call: @escaping @Sendable () -> Void
        ) -> Row {
            Row(function, argument) {
                call()
                return $0
            }
        }
    }

    private func input() -> NDArray { .ones([2, 4, 6]) }

    private func message(_ body: () -> Void) -> String? {
        do {
            try validating(body)
            return nil
        } catch { return "\(error)" }
    }

    @Test(arguments: Row.all) func isNamedInsideValidating(_ row: Row) {
        let x = input()
        var result = x
        let found = message { result = row.call(x) }
        #expect(found?.contains(row.argument) == true, "\(row): \(found ?? "no error")")
        // What is not made of what was asked for holds nothing.
        if Row.creating.contains(where: {
            $0.function == row.function && $0.argument == row.argument
        }) {
            #expect(throws: EngineError.self, "\(row) gives elements") {
                try result.waitUntilReady()
            }
        }
    }

    @Test(arguments: Row.all) func isNamedInsideATrace(_ row: Row) {
        let found = message { _ = hybridize { (x: NDArray) in row.call(x) }(input()) }
        #expect(found?.contains(row.argument) == true, "\(row): \(found ?? "no error")")
    }

    /// Outside `validating` the program stops with the same message, and with the line of the caller.
    @Test func isNamedWhereTheProgramStops() async {
        let reversed = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = NDArray.uniform([2], from: 1, to: -1)
        }
        #expect(Self.text(reversed).contains("random_uniform: the bounds from 1.0 to -1.0"))
        let line = #line + 4
        let layer = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Self.negativeLayer()
        }
        _ = line
        #expect(Self.text(layer).contains("dense: the units -1"), "\(Self.text(layer))")
        #expect(
            Self.text(layer).contains(
                "called at BraidNNTests/AttributeTests.swift:\(Self.layerLine)"),
            "\(Self.text(layer))")
        let shape = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Shape([-1, 2])
        }
        #expect(Self.text(shape).contains("shape: [-1, 2] is not a shape"))
    }

    /// A layer that no memory holds is made at its first call: that is where the error comes, and the
    /// parameter has no value then, rather than a wrong one.
    @Test func layersBeyondMemory() {
        let layer = Dense((1 << 31) - 1, inputs: 1 << 30)
        for _ in 0..<2 {
            let found = message { _ = layer(.ones([1, 1 << 30])) }
            #expect(found?.contains("no memory for") == true, "\(found ?? "no error")")
            let read = message { _ = layer.weight }
            #expect(read?.contains("f32[2147483647, 1073741824]") == true, "\(read ?? "no error")")
        }
    }

    private static let layerLine = #line + 1
    private static func negativeLayer() -> Dense { Dense(-1) }

    private static func text(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
}

extension AttributeTests.Row {
    static let all: [Self] =
        creating + shaping + functions + layers + losses + metrics + networks + training

    /// Functions that make arrays: after the mistake there is none.
    static let creating = [
        Self("full", "value") { _ in .full([2], 300, dtype: .u8) },
        Self("full", "value -1") { _ in .full([2], -1, dtype: .u64) },
        Self("full", "value 1e+300") { _ in .full([2], 1e300) },
        Self("full", "value nan") { _ in .full([2], .nan, dtype: .i32) },
        Self("full", "value 70000.0") { _ in .full([2], 70_000, dtype: .f16) },
        Self("full", "shape") { _ in .full(Shape([-1]), 0).refusedIfScalar },
        Self("zeros", "shape") { _ in NDArray.zeros([2, -3]).refusedIfScalar },
        Self("zeros", "[1, 1, 1, 1, 1, 1, 1, 1, 1]") { _ in
            NDArray.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1]).refusedIfScalar
        },
        Self("ones", "f32[2147483648, 2147483647]") { _ in .ones([1 << 31, (1 << 31) - 1]) },
        Self("range", "count -1") { _ in .range(count: -1) },
        Self("range", "count 9223372036854775807") { _ in .range(count: .max) },
        Self("range", "start nan") { _ in .range(from: .nan, count: 3) },
        Self("range", "step 0") { _ in .range(step: 0, count: 3) },
        Self("range", "step inf") { _ in .range(step: .infinity, count: 3) },
        Self("range", "value of u8") { _ in .range(from: 250, count: 10, dtype: .u8) },
        Self("range", "value of f32") { _ in .range(step: 1e38, count: 10) },
        Self("eye", "extent -2") { _ in .eye(-2) },
        Self("eye", "extent 9223372036854775807") { _ in .eye(.max) },
        Self("uniform", "from 1.0 to -1.0") { _ in .uniform([2], from: 1, to: -1) },
        Self("uniform", "from nan") { _ in .uniform([2], from: .nan) },
        Self("uniform", "to inf") { _ in .uniform([2], to: .infinity) },
        Self("uniform", "to 1e+300") { _ in .uniform([2], to: 1e300) },
        Self("normal", "mean nan") { _ in .normal([2], mean: .nan) },
        Self("normal", "standardDeviation -1.0") { _ in .normal([2], standardDeviation: -1) },
        Self("normal", "standardDeviation nan") { _ in .normal([2], standardDeviation: .nan) },
        Self("normal", "standardDeviation inf") { _ in .normal([2], standardDeviation: .infinity) },
        Self("bernoulli", "probability 1.5") { _ in .bernoulli([2], probability: 1.5) },
        Self("bernoulli", "probability nan") { _ in .bernoulli([2], probability: .nan) },
        Self("truncatedNormal", "standardDeviation 0.0") { _ in
            .truncatedNormal([2], standardDeviation: 0)
        },
        Self("truncatedNormal", "from 2.0 to -2.0") { _ in .truncatedNormal([2], from: 2, to: -2) },
        Self("truncatedNormal", "mean inf") { _ in .truncatedNormal([2], mean: .infinity) },
        Self("truncatedNormal", "mean 1e+300") { _ in
            .truncatedNormal([2], mean: 1e300, from: -.infinity, to: .infinity)
        },
        Self("truncatedNormal", "from 10.0 to 11.0") { _ in
            .truncatedNormal([2], from: 10, to: 11)
        },
        Self("truncatedNormal", "standardDeviation 1.5e+308") { _ in
            .truncatedNormal([2], standardDeviation: 1.5e308, dtype: .f64)
        },
        Self("truncatedNormal", "i32") { _ in .truncatedNormal([2], dtype: .i32) },
        Self("integers", "range 0..<300") { _ in .integers([2], in: 0..<300, dtype: .u8) },
        Self("integers", "range 3..<3") { _ in .integers([2], in: 3..<3) },
        Self("integers", "range 0..<3") { _ in .integers([2], in: 0..<3, dtype: .f32) },
        Self("permutation", "count -1") { _ in .permutation(-1) },
        Self("categorical", "count -1") { .categorical(logits: $0, count: -1) },
        Self("categorical", "count 9223372036854775807") {
            .categorical(probabilities: $0, count: .max)
        },
        Self("NDArray", "3 elements") { _ in NDArray([1, 2, 3] as [Float], shape: [2, 2]) },
    ]

    private static let shaping = [
        Self("reshaped", "[-2, 5]") { $0.reshaped(to: [-2, 5]) },
        Self("reshaped", "[9223372036854775807, 2]") { $0.reshaped(to: [.max, 2]) },
        Self("reshaped", "[1, 1, 1, 1, 1, 1, 1, 1, 48]") {
            $0.reshaped(to: [1, 1, 1, 1, 1, 1, 1, 1, 48])
        },
        Self("transposed", "axis 1") { $0.transposed(axes: [0, 1, 1]) },
        Self("transposed", "axis 9") { $0.transposed(axes: [0, 1, 9]) },
        Self("broadcast", "[3, 4, 6]") { $0.broadcast(to: [3, 4, 6]) },
        Self("flattened", "axis 7") { $0.flattened(from: 7) },
        Self("expandingDimension", "axis -9") { $0.expandingDimension(at: -9) },
        Self("squeezed", "axis 1") { $0.squeezed(at: 1) },
        Self("flipped", "axis 0") { $0.flipped(0, 0) },
        Self("rolled", "axis 5") { $0.rolled(by: .min, axis: 5) },
        Self("swappingAxes", "9") { $0.swappingAxes(0, 9) },
        Self("tiled", "counts") { $0.tiled([1, -1, 1]) },
        Self("tiled", "count 9223372036854775807") { $0.tiled([1, .max, 1]) },
        Self("repeated", "count -1") { $0.repeated(-1, axis: 0) },
        Self("repeated", "count 9223372036854775807") { $0.repeated(.max, axis: 0) },
        Self("padded", "widths") { $0.padded(by: [(0, 0), (-1, 0), (0, 0)]) },
        Self("padded", "9223372036854775807") { $0.padded(by: [(0, 0), (.max, 0), (0, 0)]) },
        Self("padded", "axis 1") { $0.padded(by: [(0, 0), (4, 0), (0, 0)], mode: .reflect) },
        Self("split", "count 0") { $0.split(count: 0)[safe: 0] },
        Self("split", "count 5") { $0.split(count: 5, axis: 1)[safe: 0] },
        Self("split", "count 9223372036854775807") { $0.split(count: .max)[safe: 0] },
        Self("split", "count 9223372036854775806") { _ in
            NDArray.zeros([0]).split(count: .max - 1)[safe: 0]
        },
        Self("split", "9223372036854775807") {
            $0.split(into: [.max, .max, 6], axis: 1)[safe: 0]
        },
        Self("concatenated", "axis 4") { concatenated([$0, $0], axis: 4) },
        Self("concatenated", "array") { _ in concatenated([NDArray]()) },
        Self("stacked", "axis 5") { stacked([$0, $0], axis: 5) },
        Self("subscript", "index 2") { $0[2] },
        Self("AxisSelection", "index -9223372036854775808") { $0[AxisSelection.index(.min)] },
        Self("AxisSelection", "step -9223372036854775808") {
            $0[AxisSelection.range(from: nil, upTo: nil, by: .min)]
        },
        Self("AxisSelection", "9") { $0[AxisSelection.range(from: 9, upTo: 3, by: 1)] },
        Self("padded", "300") {
            $0.cast(to: .u8).padded(by: [(0, 0), (1, 0), (0, 0)], mode: .constant(300))
        },
        Self("Range.by", "step 0") { $0[0..., (0..<4).by(0)] },
        Self("ClosedRange.by", "step -1") { $0[0..., (0...3).by(-1)] },
        Self("PartialRangeFrom.by", "step -9223372036854775808") { $0[0..., (1...).by(.min)] },
        Self("PartialRangeUpTo.by", "step 0") { $0[0..., (..<4).by(0)] },
        Self("PartialRangeThrough.by", "step 0") { $0[0..., (...3).by(0)] },
        Self("softmax", "axis 3") { $0.softmax(axis: 3) },
        Self("sum", "axis 3") { $0.sum(over: 3) },
        Self("sum", "axis") { $0.sum(over: [1, 1]) },
        Self("argmax", "axis -4") { $0.argmax(over: -4) },
        Self("topK", "count 7") { $0.topK(7).values },
        Self("topK", "count -1") { $0.topK(-1).values },
        Self("cumulativeSum", "axis 3") { $0.cumulativeSum(axis: 3) },
        Self("norm", "order 0.0") { $0.norm(order: 0) },
        Self("norm", "order nan") { $0.norm(order: .nan) },
        Self("norm", "order 1e-50") { $0.norm(order: 1e-50) },
        Self("norm", "order 1e+300") { $0.norm(order: 1e300) },
        Self("variance", "correction nan") { $0.variance(correction: .nan) },
        Self("layerNormalized", "epsilon -1.0") { $0.layerNormalized(epsilon: -1) },
        Self("layerNormalized", "last 0 axes") { $0.layerNormalized(overLast: 0) },
        Self("groupNormalized", "0 equal groups") { $0.groupNormalized(groups: 0) },
        Self("groupNormalized", "epsilon nan") { $0.groupNormalized(groups: 2, epsilon: .nan) },
        Self("batchNormalized", "epsilon inf") {
            $0.batchNormalized(epsilon: .infinity).normalized
        },
        Self("batchNormalized", "epsilon -1.0") {
            $0.batchNormalized(mean: .zeros([4]), variance: .ones([4]), epsilon: -1)
        },
        Self("maxPooled", "kernel 0") { $0.maxPooled(kernel: 0) },
        Self("maxPooled", "stride -1") { $0.maxPooled(kernel: 2, stride: -1) },
        Self("maxPooled", "padding 2") { $0.maxPooled(kernel: 2, padding: 2) },
        Self("averagePooled", "kernel 9223372036854775807") { $0.averagePooled(kernel: Int.max) },
        Self("adaptiveMaxPooled", "output 0") { $0.adaptiveMaxPooled(to: 0) },
        Self("convolution", "stride 0") { $0.convolution(.ones([3, 4, 2]), stride: 0) },
        Self("convolution", "padding -1") { $0.convolution(.ones([3, 4, 2]), padding: -1) },
        Self("convolution", "dilation 9223372036854775807") {
            $0.convolution(.ones([3, 4, 2]), dilation: Int.max)
        },
        Self("convolution", "0 groups") { $0.convolution(.ones([3, 4, 2]), groups: 0) },
        Self("convolution", "3 groups") { $0.convolution(.ones([3, 4, 2]), groups: 3) },
        Self("leakyRelu", "slope nan") { $0.leakyRelu(slope: .nan) },
        Self("leakyRelu", "slope 1e+300") { $0.leakyRelu(slope: 1e300) },
        Self("elu", "alpha inf") { $0.elu(alpha: .infinity) },
        Self("elu", "alpha 1e+300") { $0.elu(alpha: 1e300) },
        Self("celu", "alpha 0.0") { $0.celu(alpha: 0) },
        Self("celu", "alpha 1e-50") { $0.celu(alpha: 1e-50) },
        Self("celu", "alpha 1e+300") { $0.celu(alpha: 1e300) },
        Self("globalAveragePooled", "shape [4, 6]") { $0[0].globalAveragePooled() },
        Self("hardShrink", "threshold nan") { $0.hardShrink(threshold: .nan) },
        Self("softShrink", "threshold -1.0") { $0.softShrink(threshold: -1) },
        Self("scaledDotProductAttention", "scale nan") {
            scaledDotProductAttention($0, $0, $0, scale: .nan)
        },
        Self("scaledDotProductAttention", "scale 1e+300") {
            scaledDotProductAttention($0, $0, $0, scale: 1e300)
        },
        Self.making("Shape.removing", "axis 5") { _ = Shape([2, 3]).removing(5) },
        Self.making("Shape.inserting", "axis 9") { _ = Shape([2, 3]).inserting(1, at: 9) },
        Self.making("Shape.inserting", "extent -1") { _ = Shape([2, 3]).inserting(-1, at: 0) },
        Self.making("Shape.inserting", "extent 1") {
            _ = Shape([1, 1, 1, 1, 1, 1, 1, 1]).inserting(1, at: 0)
        },
        Self.making("Shape.replacing", "axis -1") { _ = Shape([2, 3]).replacing(-1, with: 1) },
        Self.making("Shape.replacing", "extent -1") { _ = Shape([2, 3]).replacing(0, with: -1) },
        Self.making("Shape.replacing", "extent 4294967295") {
            _ = Shape([2, 1 << 31, 1 << 29]).replacing(0, with: (1 << 32) - 1)
        },
        Self.making("Shape.append", "extent 4294967296") {
            var shape = Shape([2, 3])
            shape.append(1 << 32)
        },
        Self.making("Shape.subscript", "axis 2") { _ = Shape([2, 3])[2] },
        Self.making("Strides.subscript", "axis 8") { _ = Strides()[8] },
        Self.making("Spatial", "spatial axes") { _ = Spatial([]) },
    ]
}

extension NDArray {
    /// What stands for an array of a shape that is none: a mistake is reported before it is made, so
    /// that only the error counts.
    fileprivate var refusedIfScalar: NDArray {
        rank == 0 ? NDArray.ones([2]).softmax(axis: 9) : self
    }
}

extension Array where Element == NDArray {
    fileprivate subscript(safe index: Int) -> NDArray {
        indices.contains(index) ? self[index] : NDArray.ones([])
    }
}
