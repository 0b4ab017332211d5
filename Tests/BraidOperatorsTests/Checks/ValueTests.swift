import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Values against plain references. Each run is observed: random layouts of the inputs, pieces in
/// shuffled order and on several threads, garbage in outputs and scratch (`OperatorRun.observed`).
@Suite(.printsSeed) struct ValueTests {
    @Test(arguments: Sample.all) func valuesEqualTheReference(_ sample: Sample) throws {
        for dtype in sample.dtypes {
            Seeds.repeated(dtype.isComputedFloating ? 12 : 4) { generator in
                try check(sample, sample.make(dtype, .any, &generator), &generator)
            }
        }
    }

    @Test(arguments: Sample.all) func largeValuesEqualTheReference(_ sample: Sample) throws {
        guard let dtype = sample.dtypes.first else { return }
        Seeds.repeated(1) { generator in
            try check(sample, sample.make(dtype, .large, &generator), &generator)
        }
    }

    private func check(
        _ sample: Sample, _ call: OperatorCase, _ generator: inout SeededGenerator
    ) throws {
        let outputs = try OperatorRun.observed(call.op, call.inputs, &generator)
        let expected = sample.reference(call)
        #expect(outputs.count == expected.count)
        for (output, expected) in zip(outputs, expected) {
            let difference = output.difference(
                from: expected, reductionLength: call.reductionLength)
            #expect(difference == nil, "\(call.summary)")
        }
    }
}
