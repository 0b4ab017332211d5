import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Operators against values that NumPy and SciPy computed.
@Suite(.printsSeed) struct OracleTests {
    @Test(arguments: try OracleCase.families())
    func valuesEqualNumPys(_ family: String) throws {
        let cases = try OracleCase.cases(of: family)
        #expect(!cases.isEmpty)
        Seeds.repeated(1) { generator in
            for call in cases {
                let outputs = try OperatorRun.observed(call.op, call.inputs, &generator).outputs
                #expect(outputs.count == call.outputs.count)
                for (output, expected) in zip(outputs, call.outputs) {
                    let difference = output.difference(
                        from: expected, reductionLength: call.terms)
                    #expect(difference == nil, "\(call.op) of \(call.inputs.map(\.type))")
                }
            }
        }
    }
}
