import BraidCore
import BraidOperators
import Foundation

extension Sample {
    static let causalSoftmax = Sample(
        description: "causal_softmax", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let shape = size == .large ? [30, 50, 60] : generator.shape(2...4, size)
            let center = generator.oneIn(3) ? 500.0 : 0
            let domain = Domain(low: center - 5, high: center + 5, specials: [])
            return OperatorCase(
                op: CausalSoftmax(), inputs: [generator.array(dtype, shape, domain, size)],
                reductionLength: shape[shape.rank - 1] + 500)
        },
        reference: { call in
            let x = call.inputs[0]
            let last = x.shape.rank - 1
            return [
                HostArray(x.type) { index in
                    let (row, column) = (index[last - 1], index[last])
                    if column > row { return .real(0) }
                    let seen = (0...min(row, x.shape[last] - 1)).map { position in
                        var other = index
                        other[last] = position
                        return x[other].real
                    }
                    let largest = seen.max()!
                    let sum = seen.reduce(0) { $0 + exp($1 - largest) }
                    return .real(exp(x[index].real - largest) / sum)
                }
            ]
        },
        refused: [
            RefusedCall(CausalSoftmax(), [TensorType(.f32, [5])], mentions: ["[5]", "rows"])
        ])
}
