import BraidCore
import BraidOperators

extension Sample {
    static let flip = Sample(
        description: "flip", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = generator.shape(0...4, size)
            let axes = generator.axes(of: shape) ?? Array(0..<shape.rank)
            return OperatorCase(
                op: Flip(axes: axes), inputs: [generator.array(dtype, shape, Domain(), size)])
        },
        reference: { call in
            let input = call.inputs[0]
            let axes = (call.op as? Flip)!.axes.map { $0 < 0 ? $0 + input.shape.rank : $0 }
            return [
                HostArray(input.type) { index in
                    var index = index
                    for axis in axes { index[axis] = input.shape[axis] - 1 - index[axis] }
                    return input[index]
                }
            ]
        },
        refused: [
            RefusedCall(
                Flip(axes: [2]), [TensorType(.f32, [2, 3])], mentions: ["axis 2", "[2, 3]"]),
            RefusedCall(Flip(axes: [1, -1]), [TensorType(.f32, [2, 3])], mentions: ["twice"]),
        ])
}
