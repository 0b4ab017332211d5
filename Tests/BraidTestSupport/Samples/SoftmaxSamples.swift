import BraidCore
import BraidOperators
import Foundation

extension Sample {
    static let softmax: [Sample] = [false, true].map { isLogarithm in
        @Sendable func makeOperator(_ axis: Int) -> any Operator {
            isLogarithm ? LogSoftmax(axis: axis) : Softmax(axis: axis)
        }
        return Sample(
            description: isLogarithm ? "log_softmax" : "softmax", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let shape = generator.shape(1...4, size)
                let axis = generator.int(-shape.rank...(shape.rank - 1))
                // Far from 0, where exponentials overflow unless the maximum is taken off.
                let center = generator.oneIn(3) ? 500.0 : 0
                let domain = Domain(low: center - 5, high: center + 5, specials: [])
                return OperatorCase(
                    op: makeOperator(axis), inputs: [generator.array(dtype, shape, domain, size)],
                    reductionLength: shape[axis < 0 ? axis + shape.rank : axis] + 500)
            },
            reference: { call in
                let axis = (call.op as? LogSoftmax)?.axis ?? (call.op as? Softmax)!.axis
                return [
                    logSoftmax(call.inputs[0], axis: axis) { isLogarithm ? $0 : exp($0) }
                ]
            },
            refused: [
                RefusedCall(
                    makeOperator(2), [TensorType(.f32, [2, 5])],
                    mentions: ["axis 2", "[2, 5]", "-2..<2"]),
                RefusedCall(
                    makeOperator(-1), [TensorType(.f32, [])], mentions: ["axis -1", "[]"]),
            ])
    }

    static let crossEntropy = Sample(
        description: "softmax_cross_entropy", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let classes = generator.int(1...(size == .small ? 3 : 11))
            let batch =
                size == .small
                ? generator.int(1...4) : size == .large ? 7_000 : generator.int(0...30)
            let labelType = generator.pick(DType.allCases.filter(\.isInteger))
            // Now and then a label that does not count.
            let ignored = size == .any && generator.oneIn(3) ? generator.int(0...127) : nil
            let labels = (0..<batch).map { _ in
                Double(
                    generator.oneIn(3)
                        ? ignored ?? classes - 1 : generator.int(0...classes - 1))
            }
            return OperatorCase(
                op: SoftmaxCrossEntropy(ignoring: ignored),
                inputs: [
                    generator.array(dtype, [batch, classes], Domain(specials: []), size),
                    HostArray(labelType, [batch], labels),
                ],
                reductionLength: classes)
        },
        reference: { call in
            let (scores, labels) = (call.inputs[0], call.inputs[1])
            let logarithms = logSoftmax(scores, axis: 1) { $0 }
            let losses = labels.integers.enumerated().map { sample, label in
                (call.op as? SoftmaxCrossEntropy)!.ignoredLabel == Int(label)
                    ? 0 : -logarithms[[sample, Int(label)]].real
            }
            return [HostArray(scores.dtype, labels.shape, losses)]
        },
        refused: [
            RefusedCall(
                SoftmaxCrossEntropy(), [TensorType(.f32, [2, 3, 4]), TensorType(.i64, [2])],
                mentions: ["[2, 3, 4]", "[batch, classes]"]),
            RefusedCall(
                SoftmaxCrossEntropy(), [TensorType(.f32, [2, 3]), TensorType(.f32, [2])],
                mentions: ["integer labels", "f32[2]"]),
            RefusedCall(
                SoftmaxCrossEntropy(), [TensorType(.f32, [2, 3]), TensorType(.i64, [3])],
                mentions: ["[2]", "[2, 3]", "[3]"]),
            RefusedCall(
                SoftmaxCrossEntropy(ignoring: .max),
                [TensorType(.f32, [2, 3]), TensorType(.i64, [2])],
                mentions: ["ignoring", "2^53", "9223372036854775807"]),
        ])
}

/// The logarithm of the softmax along an axis, and a function of it.
private func logSoftmax(
    _ x: HostArray, axis: Int, _ function: (Double) -> Double
) -> HostArray {
    let axis = axis < 0 ? axis + x.shape.rank : axis
    // The logarithm of the sum of exponentials of each line along the axis, by its first index.
    var logSums: [[Int]: Double] = [:]
    return HostArray(x.type) { index in
        var first = index
        first[axis] = 0
        let logSum =
            logSums[first]
            ?? {
                let line = (0..<x.shape[axis]).map { position in
                    var other = first
                    other[axis] = position
                    return x[other].real
                }
                let largest = line.max() ?? 0
                return largest + log(line.reduce(0) { $0 + exp($1 - largest) })
            }()
        logSums[first] = logSum
        return .real(function(x[index].real - logSum))
    }
}
