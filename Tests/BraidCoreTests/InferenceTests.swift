import BraidCore
import Testing

/// The checks that inference functions share, and their messages.
@Suite struct InferenceTests {
    private func message(_ body: () throws(ArrayError) -> Void) -> String {
        do throws(ArrayError) {
            try body()
            return "nothing was thrown"
        } catch {
            return error.description
        }
    }

    @Test func axes() throws {
        #expect(
            message { () throws(ArrayError) in _ = try Probe().resolve(axis: 3, of: [2, 5]) }
                == "probe: axis 3 is out of range for shape [2, 5]; expected -2..<2")
        #expect(
            message { () throws(ArrayError) in _ = try Probe().resolve(axis: -1, of: []) }
                == "probe: axis -1 is out of range for shape []; expected no axis")
        #expect(try Probe().resolve(axis: -2, of: [2, 5]) == 0)
    }

    @Test func dtypes() {
        #expect(
            message { () throws(ArrayError) in
                try Probe().requireFloating(TensorType(.i32, [2]))
            } == "probe: takes f32 or f64, not i32[2]")
        #expect(
            message { () throws(ArrayError) in
                try Probe().requireSameType(TensorType(.i32, [2]), TensorType(.f32, [2]))
            } == "probe: takes operands of one dtype, not i32[2] and f32[2]; cast one of them")
    }

    @Test func shapes() {
        #expect(
            message { () throws(ArrayError) in
                try Probe().requireRank(2, TensorType(.f32, [2]), "a matrix [rows, columns]")
            } == "probe: takes a matrix [rows, columns], not shape [2]")
        #expect(
            message { () throws(ArrayError) in
                _ = try Probe().broadcast(TensorType(.f32, [2, 3]), TensorType(.f32, [2]))
            } == "probe: shapes [2, 3] and [2] do not broadcast; aligned at the end, extents must "
                + "be equal or 1")
        #expect(
            message { () throws(ArrayError) in _ = try Probe().shape([1 << 31, 1 << 31]) }
                == "probe: the result would have shape [2147483648, 2147483648]: at most 8 extents, "
                + "each in 0..<2^32, with fewer than 2^62 elements in all")
    }

    @Test func codesTellMistakesApart() {
        let error = ArrayError(.invalidAxis, in: "probe", "no such axis")
        #expect(error.code == .invalidAxis)
        #expect(error.code != .shapeMismatch)
        #expect(error == ArrayError(.invalidAxis, in: "probe", "no such axis"))
        #expect(error != ArrayError(.invalidAxis, in: "pair", "no such axis"))
        #expect(error.description == "probe: no such axis")
    }

    @Test func defaultsOfOperators() throws {
        let types = [TensorType(.f32, [2, 3])]
        let op = Probe()
        #expect(try op.outputs(for: types.span) == types)
        #expect(op.scratchByteCount(for: types.span) == 0)
        #expect(op.cost(for: types.span, output: types[0]) == 6)
        #expect(op.view(of: Layout(dense: [2, 3])) == nil)
        #expect(op.gradientNeeds == [.inputs, .outputs])
        #expect(Probe.traits == [])
        let x = Symbol.variable("x", .f32, [2])
        let context = GradientContext(inputs: [x, x], outputs: [x], cotangents: [x])
        #expect(op.gradient(context).count == 2)
        #expect(op.gradient(context).allSatisfy { $0 == nil })
    }
}
