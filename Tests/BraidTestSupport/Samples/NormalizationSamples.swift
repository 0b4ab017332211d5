import BraidCore
import BraidOperators
import Foundation

extension Sample {
    static let normalization: [Sample] = NormalizationCase.Kind.allCases.flatMap { kind in
        [values(kind), gradients(kind)]
    }

    private static func values(_ kind: NormalizationCase.Kind) -> Sample {
        Sample(
            description: "normalization \(kind)", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let call = NormalizationCase(kind, size, &generator)
                let op = Normalization(
                    call.axes, epsilon: call.epsilon, isCentered: kind != .meanSquares)
                return OperatorCase(
                    op: op,
                    inputs: [call.array(dtype, call.shape, &generator)]
                        + (0..<generator.int(0...2)).map { _ in
                            call.array(dtype, call.axes.weights(of: call.shape), &generator)
                        },
                    // The reference rounds as often.
                    reductionLength: 2 * call.terms)
            },
            reference: { call in
                let op = call.op as! Normalization
                let x = call.inputs[0].wide
                let count = op.axes.groupCount(of: x.shape)
                let means = x.sums(op.axes.statistic) { op.isCentered ? $1 / count : $1 - $1 }
                let variances = x.sums(op.axes.statistic) { index, value in
                    let distance = value - means[op.axes.statistic(index, x.shape).index].real
                    return distance * distance / count
                }
                let y = HostArray(call.inputs[0].type) { index in
                    let (place, weight) = (
                        op.axes.statistic(index, x.shape).index,
                        op.axes.weight(index, x.shape).index
                    )
                    let scale = 1 / (variances[place].real + op.epsilon).squareRoot()
                    var y = (x[index].real - means[place].real) * scale
                    if call.inputs.count > 1 { y *= call.inputs[1][weight].real }
                    if call.inputs.count > 2 { y += call.inputs[2][weight].real }
                    return .real(y)
                }
                let statistics = [variances] + (op.isCentered ? [means] : [])
                // Of no elements they are NaN.
                return [y]
                    + statistics.map {
                        HostArray(y.dtype, $0.shape, $0.reals.map { count == 0 ? .nan : $0 })
                    }
            },
            refused: kind == .channels ? refusals : [])
    }

    private static func gradients(_ kind: NormalizationCase.Kind) -> Sample {
        Sample(
            description: "normalization_gradient \(kind)", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let call = NormalizationCase(kind, size, &generator)
                let isWeighted = generator.oneIn(2)
                let op = NormalizationGradient(
                    call.axes, epsilon: call.epsilon, isCentered: kind != .meanSquares,
                    isWeighted: isWeighted)
                let statistics = call.axes.statistics(of: call.shape)
                var inputs = [
                    call.array(dtype, call.shape, &generator),
                    call.array(dtype, call.shape, &generator),
                    generator.array(
                        dtype, statistics, Domain(low: 0.3, high: 2, specials: []), size),
                ]
                if op.isCentered { inputs.append(call.array(dtype, statistics, &generator)) }
                if isWeighted {
                    let weights = call.axes.weights(of: call.shape)
                    inputs.append(call.array(dtype, weights, &generator))
                }
                return OperatorCase(op: op, inputs: inputs, reductionLength: 4 * call.terms)
            },
            reference: { call in
                let op = call.op as! NormalizationGradient
                let (x, dy, variances) = (call.inputs[0], call.inputs[1], call.inputs[2])
                let count = op.axes.groupCount(of: x.shape)
                func statistic(_ array: HostArray, _ index: [Int]) -> Double {
                    array[op.axes.statistic(index, x.shape).index].real
                }
                func normalized(_ index: [Int]) -> Double {
                    let mean = op.isCentered ? statistic(call.inputs[3], index) : 0
                    return (x[index].real - mean) * scale(index)
                }
                func scale(_ index: [Int]) -> Double {
                    1 / (statistic(variances, index) + op.epsilon).squareRoot()
                }
                func weighted(_ index: [Int]) -> Double {
                    let weight =
                        op.isWeighted
                        ? call.inputs.last![op.axes.weight(index, x.shape).index].real : 1
                    return dy[index].real * weight
                }
                let sums = x.wide.sums(op.axes.statistic) { index, _ in weighted(index) }
                let products = x.wide.sums(op.axes.statistic) { index, _ in
                    weighted(index) * normalized(index)
                }
                let dx = HostArray(x.type) { index in
                    let mean = op.isCentered ? statistic(sums, index) / count : 0
                    let slope = normalized(index) * statistic(products, index) / count
                    return .real(scale(index) * (weighted(index) - mean - slope))
                }
                if !op.isWeighted { return [dx] }
                return [
                    dx,
                    x.sums(op.axes.weightSum) { index, _ in dy[index].real * normalized(index) },
                    x.sums(op.axes.weightSum) { index, _ in dy[index].real },
                ]
            },
            refused: kind == .channels ? gradientRefusals : [])
    }

    private static let image = TensorType(.f32, [2, 6, 5])

    private static let refusals: [RefusedCall] = [
        RefusedCall(
            Normalization(.channels, epsilon: 1), [TensorType(.i32, [2, 3])],
            mentions: ["i32[2, 3]"]),
        RefusedCall(
            Normalization(.channels, epsilon: 1), [TensorType(.f32, [2])],
            mentions: ["[batch, channels, extents…]", "[2]"]),
        RefusedCall(
            Normalization(.channels, epsilon: 1), [image, TensorType(.f32, [5])],
            mentions: ["f32[6]", "f32[5]"]),
        RefusedCall(
            Normalization(.channels, epsilon: 1), [image, TensorType(.f64, [6])],
            mentions: ["f32[6]", "f64[6]"]),
        RefusedCall(Normalization(.channels, epsilon: 1), [], mentions: ["0 operands"]),
        RefusedCall(
            Normalization(.groups(count: 4), epsilon: 1), [image],
            mentions: ["6 channels", "4 equal"]),
        RefusedCall(
            Normalization(.groups(count: 0), epsilon: 1), [image],
            mentions: ["6 channels", "0 equal"]),
        RefusedCall(
            Normalization(.trailing(axes: 4), epsilon: 1), [image],
            mentions: ["last 4 axes", "[2, 6, 5]"]),
        RefusedCall(
            Normalization(.trailing(axes: 1), epsilon: 1), [TensorType(.f32, [])],
            mentions: ["last 1 axes", "[]"]),
    ]

    private static let gradientRefusals: [RefusedCall] = [
        RefusedCall(
            NormalizationGradient(.channels, epsilon: 1, isCentered: true, isWeighted: true),
            [image, image, TensorType(.f32, [6]), TensorType(.f32, [6])],
            mentions: ["5 operands", "4"]),
        RefusedCall(
            NormalizationGradient(.channels, epsilon: 1, isCentered: false, isWeighted: false),
            [image, TensorType(.f32, [6, 5, 2]), TensorType(.f32, [6])],
            mentions: ["f32[2, 6, 5]", "f32[6, 5, 2]"]),
        RefusedCall(
            NormalizationGradient(.channels, epsilon: 1, isCentered: false, isWeighted: false),
            [image, image, TensorType(.f32, [5])], mentions: ["f32[6]", "f32[5]"]),
    ]
}

/// Where a normalisation's random calls come from.
private struct NormalizationCase {
    enum Kind: CaseIterable { case channels, groups, trailing, meanSquares }

    let axes: NormalizedAxes
    let shape: Shape
    let size: CaseSize
    /// Large enough that roundings of means matter little.
    let epsilon: Double

    init(_ kind: Kind, _ size: CaseSize, _ generator: inout SeededGenerator) {
        self.size = size
        epsilon = generator.double(0.1, 0.5)
        switch kind {
        case .channels:
            axes = .channels
            shape = size == .large ? [9, 20, 14, 15] : generator.shape(2...4, size)
        case .groups:
            let count = generator.int(1...3)
            axes = .groups(count: count)
            let drawn = size == .large ? [9, 20, 14, 15] : generator.shape(2...4, size)
            shape = drawn.replacing(1, with: count * Swift.min(drawn[1], 20 / count))
        case .trailing, .meanSquares:
            shape = size == .large ? [30, 20, 63] : generator.shape(1...4, size)
            axes = .trailing(axes: generator.int(1...(size == .large ? 2 : shape.rank)))
        }
    }

    /// Roundings that a result may have: those of sums, and some more, since inputs are up to 3 and
    /// scales up to 3.
    var terms: Int { Int(axes.groupCount(of: shape)) + shape[0] + 40 }

    func array(
        _ dtype: DType, _ shape: Shape, _ generator: inout SeededGenerator
    ) -> HostArray {
        generator.array(dtype, shape, Domain(specials: []), size)
    }
}

/// An index into an array of a shape.
private typealias Place = (index: [Int], shape: Shape)

extension NormalizedAxes {
    /// Of the statistics of an element's group.
    fileprivate func statistic(_ index: [Int], _ shape: Shape) -> Place {
        switch self {
        case .channels: ([index[1]], statistics(of: shape))
        case .groups(let count):
            ([index[0], index[1] / Swift.max(shape[1] / count, 1)], statistics(of: shape))
        case .trailing(let axes): (Array(index.dropLast(axes)), statistics(of: shape))
        }
    }

    /// Of an element's weight.
    fileprivate func weight(_ index: [Int], _ shape: Shape) -> Place {
        switch self {
        case .channels, .groups: ([index[1]], weights(of: shape))
        case .trailing(let axes): (Array(index.suffix(axes)), weights(of: shape))
        }
    }

    /// Of the sum that an element is part of in the gradient of weights.
    fileprivate func weightSum(_ index: [Int], _ shape: Shape) -> Place {
        if case .groups = self { return ([index[0], index[1]], [shape[0], shape[1]]) }
        return weight(index, shape)
    }

    fileprivate func statistics(of shape: Shape) -> Shape {
        switch self {
        case .channels: [shape[1]]
        case .groups(let count): [shape[0], count]
        case .trailing(let axes): Shape(shape.extents.dropLast(axes))
        }
    }

    fileprivate func weights(of shape: Shape) -> Shape {
        switch self {
        case .channels, .groups: [shape[1]]
        case .trailing(let axes): Shape(shape.extents.suffix(axes))
        }
    }

    /// How many elements are normalised together.
    fileprivate func groupCount(of shape: Shape) -> Double {
        let rest = shape.extents.dropFirst(2).reduce(1, *)
        switch self {
        case .channels: return Double(shape[0] * rest)
        case .groups(let count): return Double(shape[1] / count * rest)
        case .trailing(let axes): return Double(shape.extents.suffix(axes).reduce(1, *))
        }
    }
}

extension HostArray {
    /// The sums of a function of the elements, by place.
    fileprivate func sums(
        _ place: ([Int], Shape) -> Place, _ term: ([Int], Double) -> Double
    ) -> HostArray {
        let sumShape = place([Int](repeating: 0, count: shape.rank), shape).shape
        var sums = [Double](repeating: 0, count: sumShape.elementCount)
        HostArray.forEachIndex(of: shape) { index in
            let position = HostArray.position(of: place(index, shape).index, in: sumShape)
            sums[position] += term(index, self[index].real)
        }
        return HostArray(dtype, sumShape, sums)
    }

    /// The elements in f64.
    fileprivate var wide: HostArray { HostArray(.f64, shape, reals) }
}
