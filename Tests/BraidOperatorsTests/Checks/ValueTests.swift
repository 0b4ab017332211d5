import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Values against plain references. Each run is observed: random layouts of the inputs, pieces in
/// shuffled order and on several threads, garbage in outputs and scratch (`OperatorRun.observed`).
@Suite(.printsSeed) struct ValueTests {
    @Test(arguments: Sample.all) func valuesEqualTheReference(_ sample: Sample) throws {
        for dtype in sample.dtypes {
            Seeds.repeated(dtype.isComputedFloating ? 30 : 6) { generator in
                _ = try check(sample, sample.make(dtype, .any, &generator), &generator)
            }
        }
    }

    @Test(arguments: Sample.all) func largeValuesEqualTheReference(_ sample: Sample) throws {
        guard let dtype = sample.dtypes.first else { return }
        var mostPieces = 0
        // The references of convolutions take seconds.
        Seeds.repeated(1, full: 4) { generator in
            let call = sample.make(dtype, .large, &generator)
            mostPieces = max(mostPieces, try check(sample, call, &generator))
        }
        // Otherwise nothing was seen of how the operator splits. A single seed may draw a shape that
        // has nothing to split.
        #expect(mostPieces > 1 || !sample.isSplit, "always runs in one piece")
    }

    private func check(
        _ sample: Sample, _ call: OperatorCase, _ generator: inout SeededGenerator
    ) throws -> Int {
        let (outputs, pieceCount) = try OperatorRun.observed(call.op, call.inputs, &generator)
        let expected = sample.reference(call)
        #expect(outputs.count == expected.count)
        for (output, expected) in zip(outputs, expected) {
            let difference = output.difference(
                from: expected, reductionLength: call.reductionLength)
            #expect(difference == nil, "\(call.summary)")
        }
        return pieceCount
    }
}
