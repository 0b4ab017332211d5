import BraidCore
import BraidOperators

extension Sample {
    static let convolution = [
        forward("convolution", .any, refused: forwardMistakes),
        forward("convolution depthwise", .depthwise),
        transposed("transposed_convolution", .any, refused: transposedMistakes),
        transposed("transposed_convolution depthwise", .depthwise),
        weightGradient("convolution_weight_gradient", .any, refused: weightGradientMistakes),
        weightGradient("convolution_weight_gradient depthwise", .depthwise),
    ]

    private static func forward(
        _ description: String, _ kind: ConvolutionSetting.Kind, refused: [RefusedCall] = []
    ) -> Sample {
        Sample(
            description: description, dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = ConvolutionSetting(kind, size, &generator)
                return setting.call(
                    Convolution(setting.geometry), [setting.images, setting.kernels], dtype, size,
                    &generator)
            },
            reference: { call in
                let (x, w) = (call.inputs[0], call.inputs[1])
                let op = (call.op as? Convolution)!
                let extents = outputExtents(op.geometry, x.shape, kernel: w.shape)
                var y = zeros(x.dtype, [x.shape[0], w.shape[0]] + extents)
                forEachTap(op.geometry, x.shape, w.shape, y.shape) { image, kernel, result in
                    y.add(x.elements[image].real * w.elements[kernel].real, at: result)
                }
                return [y.array]
            }, refused: refused)
    }

    private static func transposed(
        _ description: String, _ kind: ConvolutionSetting.Kind, refused: [RefusedCall] = []
    ) -> Sample {
        Sample(
            description: description, dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = ConvolutionSetting(kind, size, &generator)
                return setting.call(
                    TransposedConvolution(
                        setting.geometry, output: Spatial(Array(setting.images.extents[2...]))),
                    [setting.results, setting.kernels], dtype, size, &generator)
            },
            reference: { call in
                let (y, w) = (call.inputs[0], call.inputs[1])
                let op = (call.op as? TransposedConvolution)!
                let channels = w.shape[1] * op.geometry.groups
                var x = zeros(y.dtype, [y.shape[0], channels] + op.extents.values)
                forEachTap(op.geometry, x.shape, w.shape, y.shape) { image, kernel, result in
                    x.add(y.elements[result].real * w.elements[kernel].real, at: image)
                }
                return [x.array]
            }, refused: refused)
    }

    private static func weightGradient(
        _ description: String, _ kind: ConvolutionSetting.Kind, refused: [RefusedCall] = []
    ) -> Sample {
        Sample(
            description: description, dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = ConvolutionSetting(kind, size, &generator)
                return setting.call(
                    ConvolutionWeightGradient(
                        setting.geometry, kernel: Spatial(Array(setting.kernels.extents[2...]))),
                    [setting.images, setting.results], dtype, size, &generator)
            },
            reference: { call in
                let (x, dy) = (call.inputs[0], call.inputs[1])
                let op = (call.op as? ConvolutionWeightGradient)!
                let channels = x.shape[1] / op.geometry.groups
                var dw = zeros(x.dtype, [dy.shape[1], channels] + op.kernel.values)
                forEachTap(op.geometry, x.shape, dw.shape, dy.shape) { image, kernel, result in
                    dw.add(x.elements[image].real * dy.elements[result].real, at: kernel)
                }
                return [dw.array]
            }, refused: refused)
    }

    private static let forwardMistakes: [RefusedCall] = {
        func refused(
            _ geometry: ConvolutionGeometry, _ images: TensorType, _ kernels: TensorType,
            _ mentions: [String]
        ) -> RefusedCall {
            RefusedCall(Convolution(geometry), [images, kernels], mentions: mentions)
        }
        let (images, kernels) = (TensorType(.f32, [1, 4, 4, 4]), TensorType(.f32, [2, 4, 3, 3]))
        return [
            refused(
                .uniform(), TensorType(.f32, [2, 3]), kernels, ["[2, 3]", "[batch, channels]"]),
            refused(.uniform(), images, TensorType(.f32, [2, 4, 3]), ["[2, 4, 3]", "kernels"]),
            refused(.uniform(rank: 1), images, kernels, ["[1, 4, 4, 4]", "1 spatial axes"]),
            refused(
                .uniform(), images, TensorType(.f32, [1, 2, 3, 3]),
                ["[1, 4, 4, 4]", "[1, 2, 3, 3]"]
            ),
            refused(.uniform(), TensorType(.f32, [1, 4, 4, 2]), kernels, ["(3, 3)", "(4, 2)"]),
            refused(
                .uniform(), images, TensorType(.f64, [2, 4, 3, 3]),
                ["f32[1, 4, 4, 4]", "f64[2, 4, 3, 3]"]),
            refused(.uniform(stride: 0), images, kernels, ["stride (0, 0)"]),
            refused(.uniform(padding: -1), images, kernels, ["padding (-1, -1)"]),
            refused(.uniform(dilation: 2), images, kernels, ["dilation (2, 2)"]),
            refused(.uniform(groups: 0), images, kernels, ["0 groups"]),
            refused(
                .uniform(groups: 2), images, TensorType(.f32, [3, 2, 3, 3]),
                ["2 groups", "4 channels", "3 outputs"]),
        ]
    }()

    private static let transposedMistakes = [
        RefusedCall(
            TransposedConvolution(.uniform(), output: Spatial([4, 4])),
            [TensorType(.f32, [1, 1, 3, 3]), TensorType(.f32, [1, 3, 3, 3])],
            mentions: ["[1, 1, 3, 3]", "[1, 3, 3, 3]", "(4, 4)"]),
        RefusedCall(
            TransposedConvolution(.uniform(groups: 2), output: Spatial([4, 4])),
            [TensorType(.f32, [1, 3, 2, 2]), TensorType(.f32, [3, 2, 3, 3])],
            mentions: ["2 groups", "3 outputs"]),
    ]

    private static let weightGradientMistakes = [
        RefusedCall(
            ConvolutionWeightGradient(.uniform(), kernel: Spatial([3, 3])),
            [TensorType(.f32, [2, 3, 4, 4]), TensorType(.f32, [1, 5, 2, 2])],
            mentions: ["[2, 3, 4, 4]", "[1, 5, 2, 2]", "(3, 3)"])
    ]
}

extension ConvolutionGeometry {
    fileprivate static func uniform(
        stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1, rank: Int = 2
    ) -> ConvolutionGeometry {
        func spatial(_ value: Int) -> Spatial { value.spatial(rank: rank) }
        return ConvolutionGeometry(
            stride: spatial(stride), padding: spatial(padding), dilation: spatial(dilation),
            groups: groups)
    }
}

/// Random shapes of a convolution that fit together.
private struct ConvolutionSetting {
    enum Kind { case any, depthwise }

    let geometry: ConvolutionGeometry
    let images: Shape
    let kernels: Shape
    let results: Shape

    init(_ kind: Kind, _ size: CaseSize, _ generator: inout SeededGenerator) {
        let (isSmall, isLarge) = (size == .small, size == .large)
        let rank = isLarge ? 2 : generator.int(1...3)
        func numbers(_ range: ClosedRange<Int>, _ generator: inout SeededGenerator) -> [Int] {
            (0..<rank).map { _ in generator.int(range) }
        }
        let kernel = numbers((isLarge ? 3 : 1)...(isSmall ? 2 : 3), &generator)
        let padding = numbers(0...(isSmall ? 1 : 3), &generator)
        let dilation = numbers(1...(isSmall ? 1 : 2), &generator)
        let isDense = generator.oneIn(2)
        let stride = numbers(1...(isLarge || isDense ? 1 : 3), &generator)
        // Images of three axes are shorter along each, and rows longer than a vector.
        let most = isSmall ? 4 - rank : isLarge ? 24 : 12 / rank
        let extents = (0..<rank).map { axis in
            let least = dilation[axis] * (kernel[axis] - 1) + 1 - 2 * padding[axis]
            let isLong = size == .any && axis == rank - 1 && generator.oneIn(2)
            return max(
                least + generator.int((isLarge ? 20 : 0)...(isLong ? 40 : most)), isSmall ? 1 : 0)
        }
        let least = size == .any ? (generator.oneIn(12) ? 0 : 1) : isLarge ? 10 : 1
        func channels(_ most: Int, _ generator: inout SeededGenerator) -> Int {
            generator.int(least...max(isLarge ? 12 : most, least))
        }
        let batch = channels(isSmall ? 2 : 4, &generator)
        let groups: Int
        let (inputs, outputs): (Int, Int)
        switch kind {
        case .depthwise:
            groups = max(2, channels(isSmall ? 2 : 5, &generator))
            (inputs, outputs) = (1, isLarge ? 1 : generator.int(1...2))
        case .any:
            groups = isLarge || generator.oneIn(2) ? 1 : generator.int(2...3)
            let most = isSmall ? 2 : groups == 1 ? 5 : 3
            (inputs, outputs) = (channels(most, &generator), channels(most, &generator))
        }
        geometry = ConvolutionGeometry(
            stride: Spatial(stride), padding: Spatial(padding), dilation: Spatial(dilation),
            groups: groups)
        images = Shape([batch, groups * inputs] + extents)
        kernels = Shape([groups * outputs, inputs] + kernel)
        results = Shape(
            [batch, groups * outputs] + outputExtents(geometry, images, kernel: kernels))
    }

    /// Terms of one element of the result or of a gradient.
    private var reductionLength: Int {
        max(1, kernels.elementCount, results.elementCount / max(1, results[1]))
    }

    func call(
        _ op: any Operator, _ operands: [Shape], _ dtype: DType, _ size: CaseSize,
        _ generator: inout SeededGenerator
    ) -> OperatorCase {
        OperatorCase(
            op: op,
            inputs: operands.map { generator.array(dtype, $0, Domain(specials: []), size) },
            reductionLength: reductionLength)
    }
}

private func outputExtents(
    _ geometry: ConvolutionGeometry, _ images: Shape, kernel: Shape
) -> [Int] {
    (0..<geometry.stride.rank).map { axis in
        (images[axis + 2] + 2 * geometry.padding[axis]
            - geometry.dilation[axis] * (kernel[axis + 2] - 1) - 1) / geometry.stride[axis] + 1
    }
}

/// Sums that are rounded at the end only.
private struct Sums {
    let type: TensorType
    var values: [Double]

    mutating func add(_ value: Double, at position: Int) { values[position] += value }
    var array: HostArray { HostArray(type.dtype, type.shape, values) }
    var shape: Shape { type.shape }
}

private func zeros(_ dtype: DType, _ extents: [Int]) -> Sums {
    let type = TensorType(dtype, Shape(extents))
    return Sums(type: type, values: [Double](repeating: 0, count: type.count))
}

/// Visits every product of a convolution with the row-major positions of its image, kernel and result
/// elements.
private func forEachTap(
    _ geometry: ConvolutionGeometry, _ images: Shape, _ kernels: Shape, _ results: Shape,
    _ body: (_ image: Int, _ kernel: Int, _ result: Int) -> Void
) {
    let taps = HostArray.indices(of: Shape(Array(kernels.extents[2...])))
    let outputsPerGroup = kernels[0] / geometry.groups
    for (result, index) in HostArray.indices(of: results).enumerated() {
        let (image, output) = (index[0], index[1])
        let firstChannel = output / max(outputsPerGroup, 1) * kernels[1]
        for (tap, offsets) in taps.enumerated() {
            var place = 0
            var isInside = true
            for axis in 0..<geometry.stride.rank {
                let position =
                    index[axis + 2] * geometry.stride[axis] - geometry.padding[axis]
                    + offsets[axis] * geometry.dilation[axis]
                isInside = isInside && (0..<images[axis + 2]).contains(position)
                place = place * images[axis + 2] + position
            }
            guard isInside else { continue }
            let size = images.extents[2...].reduce(1, *)
            for channel in 0..<kernels[1] {
                body(
                    (image * images[1] + firstChannel + channel) * size + place,
                    (output * kernels[1] + channel) * taps.count + tap, result)
            }
        }
    }
}
