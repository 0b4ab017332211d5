import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// What inference accepts and refuses, and how it says so.
@Suite(.printsSeed) struct InferenceTests {
    private func infer(_ op: any Operator, _ types: [TensorType]) throws(ArrayError) -> [TensorType]
    {
        try op.outputs(for: types.span)
    }

    @Test(arguments: Sample.all) func typesEqualTheReference(_ sample: Sample) throws {
        for dtype in sample.dtypes {
            Seeds.repeated(3) { generator in
                let call = sample.make(dtype, .any, &generator)
                let types = try infer(call.op, call.inputs.map(\.type))
                #expect(types == sample.reference(call).map(\.type), "\(call.summary)")
                if let arity = type(of: call.op).arity { #expect(call.inputs.count == arity) }
            }
        }
    }

    /// Every dtype that a row does not list is refused for each operand that has the row's dtype.
    @Test(arguments: Sample.all) func otherDtypesAreRefused(_ sample: Sample) throws {
        guard let dtype = sample.dtypes.first else { return }
        var generator = SeededGenerator(seed: 1)
        let call = sample.make(dtype, .small, &generator)
        for other in DType.allCases where !sample.dtypes.contains(other) {
            let types = call.inputs.map { input in
                TensorType(input.dtype == dtype ? other : input.dtype, input.shape)
            }
            if types == call.inputs.map(\.type) { continue }
            let error = #expect(throws: ArrayError.self, "\(call.op) of \(types)") {
                try infer(call.op, types)
            }
            #expect(error?.message.contains("\(other)") == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: Sample.all) func mistakesAreNamed(_ sample: Sample) throws {
        for call in sample.refused {
            let error = #expect(throws: ArrayError.self, "\(call.op) of \(call.types)") {
                try infer(call.op, call.types)
            }
            guard let error else { continue }
            #expect(error.operation == call.name)
            for part in call.mentions {
                #expect(error.message.contains(part), "'\(error)' does not mention \(part)")
            }
            #expect(error.description == "\(call.name): \(error.message)")
        }
    }
}
