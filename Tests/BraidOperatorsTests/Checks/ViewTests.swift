import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// Operators that give a view of their operand: the view must hold what a copy would.
@Suite(.printsSeed) struct ViewTests {
    @Test(
        arguments: Sample.all.filter { sample in
            Catalog.operators.contains {
                $0.traits.contains(.view)
                    && sample.description.split(separator: " ")[0] == $0.name
            }
        })
    func viewsHoldWhatCopiesHold(_ sample: Sample) {
        var (views, copies) = (0, 0)
        Seeds.repeated(60) { generator in
            let call = sample.make(.i64, .any, &generator)
            let input = call.inputs[0]
            let layout = generator.layout(of: input.shape)
            guard let view = call.op.view(of: layout) else {
                copies += 1
                return
            }
            views += 1
            let expected = sample.reference(call)[0]
            #expect(view.shape == expected.shape, "\(call.summary)")
            // Storage in which each position holds the element that the operand's layout puts there.
            var storage: [Int: HostElement] = [:]
            for index in HostArray.indices(of: input.shape) {
                storage[layout.position(of: index)] = input[index]
            }
            for index in HostArray.indices(of: view.shape) {
                #expect(storage[view.position(of: index)] == expected[index], "\(call.summary)")
            }
        }
        // Reshaping copies what strides cannot say; the others always give a view.
        #expect(views > 0)
        #expect(copies == 0 || sample.description == "reshape")
    }

    @Test func denseOperandsAreReshapedWithoutACopy() {
        Seeds.repeated(40) { generator in
            let call = Sample.reshape.make(.f32, .any, &generator)
            #expect(call.op.view(of: Layout(dense: call.inputs[0].shape)) != nil, "\(call.summary)")
        }
    }

    @Test func operatorsWithoutTheTraitGiveNoView() {
        for sample in Sample.all {
            guard let dtype = sample.dtypes.first else { continue }
            var generator = SeededGenerator(seed: 3)
            let call = sample.make(dtype, .any, &generator)
            if type(of: call.op).traits.contains(.view) { continue }
            let shape = call.inputs.first?.shape ?? []
            #expect(call.op.view(of: Layout(dense: shape)) == nil, "\(call.summary)")
        }
    }
}

extension Layout {
    fileprivate func position(of index: [Int]) -> Int {
        index.enumerated().reduce(offset) { $0 + $1.element * strides[$1.offset] }
    }
}

extension SeededGenerator {
    /// A layout in which no two elements share a position: permuted, with gaps, with an offset.
    fileprivate mutating func layout(of shape: Shape) -> Layout {
        var order = Array(0..<shape.rank)
        if oneIn(2) { order.shuffle(using: &self) }
        var strides = Strides()
        var next = 1
        for axis in order.reversed() {
            if oneIn(4) { next *= int(2...3) }
            strides[axis] = next
            next *= max(1, shape[axis])
        }
        return Layout(shape: shape, strides: strides, offset: int(0...5))
    }
}
