import BraidCore
import BraidOperators

extension Sample {
    static let convolution = [
        Sample(
            description: "convolution_2d", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = ConvolutionSetting(size, &generator)
                return OperatorCase(
                    op: Convolution2D(setting.geometry),
                    inputs: [setting.images, setting.kernels].map {
                        generator.array(dtype, $0, Domain(specials: []), size)
                    },
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let (x, w) = (call.inputs[0], call.inputs[1])
                let op = (call.op as? Convolution2D)!
                var y = zeros(
                    x.dtype,
                    [x.shape[0], w.shape[0]] + outputExtents(op.geometry, x.shape, kernel: w.shape))
                forEachTap(op.geometry, x.shape, w.shape, y.shape) { image, kernel, result in
                    y.add(x.elements[image].real * w.elements[kernel].real, at: result)
                }
                return [y.array]
            },
            refused: [
                RefusedCall(
                    Convolution2D(.plain),
                    [TensorType(.f32, [2, 3]), TensorType(.f32, [1, 3, 1, 1])],
                    mentions: ["[2, 3]", "[batch, channels, height, width]"]),
                RefusedCall(
                    Convolution2D(.plain),
                    [TensorType(.f32, [1, 3, 4, 4]), TensorType(.f32, [1, 2, 3, 3])],
                    mentions: ["[1, 3, 4, 4]", "[1, 2, 3, 3]"]),
                RefusedCall(
                    Convolution2D(.plain),
                    [TensorType(.f32, [1, 3, 4, 2]), TensorType(.f32, [1, 3, 3, 3])],
                    mentions: ["(3, 3)", "(4, 2)"]),
                RefusedCall(
                    Convolution2D(.plain),
                    [TensorType(.f32, [1, 3, 4, 4]), TensorType(.f64, [1, 3, 3, 3])],
                    mentions: ["f32[1, 3, 4, 4]", "f64[1, 3, 3, 3]"]),
                RefusedCall(
                    Convolution2D(.uniform(stride: 0)),
                    [TensorType(.f32, [1, 3, 4, 4]), TensorType(.f32, [1, 3, 3, 3])],
                    mentions: ["stride (0, 0)"]),
                RefusedCall(
                    Convolution2D(.uniform(padding: -1)),
                    [TensorType(.f32, [1, 3, 8, 8]), TensorType(.f32, [1, 3, 3, 3])],
                    mentions: ["padding (-1, -1)"]),
                RefusedCall(
                    Convolution2D(.uniform(dilation: 2)),
                    [TensorType(.f32, [1, 3, 4, 4]), TensorType(.f32, [1, 3, 3, 3])],
                    mentions: ["dilation (2, 2)"]),
            ]),
        Sample(
            description: "convolution_2d_input_gradient", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = ConvolutionSetting(size, &generator)
                return OperatorCase(
                    op: Convolution2DInputGradient(
                        setting.geometry,
                        image: Spatial2D(height: setting.images[2], width: setting.images[3])),
                    inputs: [setting.results, setting.kernels].map {
                        generator.array(dtype, $0, Domain(specials: []), size)
                    },
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let (dy, w) = (call.inputs[0], call.inputs[1])
                let op = (call.op as? Convolution2DInputGradient)!
                var dx = zeros(
                    dy.dtype, [dy.shape[0], w.shape[1], op.image.height, op.image.width])
                forEachTap(op.geometry, dx.shape, w.shape, dy.shape) { image, kernel, result in
                    dx.add(dy.elements[result].real * w.elements[kernel].real, at: image)
                }
                return [dx.array]
            },
            refused: [
                RefusedCall(
                    Convolution2DInputGradient(.plain, image: Spatial2D(height: 4, width: 4)),
                    [TensorType(.f32, [1, 1, 3, 3]), TensorType(.f32, [1, 3, 3, 3])],
                    mentions: ["[1, 1, 3, 3]", "[1, 3, 3, 3]", "(4, 4)"])
            ]),
        Sample(
            description: "convolution_2d_weight_gradient", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = ConvolutionSetting(size, &generator)
                return OperatorCase(
                    op: Convolution2DWeightGradient(
                        setting.geometry,
                        kernel: Spatial2D(height: setting.kernels[2], width: setting.kernels[3])),
                    inputs: [setting.images, setting.results].map {
                        generator.array(dtype, $0, Domain(specials: []), size)
                    },
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let (x, dy) = (call.inputs[0], call.inputs[1])
                let op = (call.op as? Convolution2DWeightGradient)!
                var dw = zeros(
                    x.dtype, [dy.shape[1], x.shape[1], op.kernel.height, op.kernel.width])
                forEachTap(op.geometry, x.shape, dw.shape, dy.shape) { image, kernel, result in
                    dw.add(x.elements[image].real * dy.elements[result].real, at: kernel)
                }
                return [dw.array]
            },
            refused: [
                RefusedCall(
                    Convolution2DWeightGradient(.plain, kernel: Spatial2D(height: 3, width: 3)),
                    [TensorType(.f32, [2, 3, 4, 4]), TensorType(.f32, [1, 5, 2, 2])],
                    mentions: ["[2, 3, 4, 4]", "[1, 5, 2, 2]", "(3, 3)"])
            ]),
    ]
}

extension ConvolutionGeometry {
    fileprivate static let plain = uniform()

    fileprivate static func uniform(
        stride: Int = 1, padding: Int = 0, dilation: Int = 1
    ) -> ConvolutionGeometry {
        ConvolutionGeometry(
            stride: Spatial2D(height: stride, width: stride),
            padding: Spatial2D(height: padding, width: padding),
            dilation: Spatial2D(height: dilation, width: dilation))
    }
}

/// Random shapes of a convolution that fit together.
private struct ConvolutionSetting {
    let geometry: ConvolutionGeometry
    let images: Shape
    let kernels: Shape
    let results: Shape

    init(_ size: CaseSize, _ generator: inout SeededGenerator) {
        let isSmall = size == .small
        func pair(_ range: ClosedRange<Int>, _ generator: inout SeededGenerator) -> Spatial2D {
            Spatial2D(height: generator.int(range), width: generator.int(range))
        }
        let isLarge = size == .large
        let kernel = pair((isLarge ? 3 : 1)...(isSmall ? 2 : 3), &generator)
        geometry = ConvolutionGeometry(
            stride: pair(1...(isLarge ? 1 : 2), &generator),
            padding: pair(0...(isSmall ? 1 : 3), &generator),
            dilation: pair(1...(isSmall ? 1 : 2), &generator))
        func extent(
            _ kernel: Int, _ padding: Int, _ dilation: Int, _ generator: inout SeededGenerator
        )
            -> Int
        {
            let least = dilation * (kernel - 1) + 1 - 2 * padding
            let most = isSmall ? 2 : size == .any ? 9 : 24
            return max(least + generator.int((isLarge ? 20 : 0)...most), isSmall ? 1 : 0)
        }
        let height = extent(
            kernel.height, geometry.padding.height, geometry.dilation.height, &generator)
        let width = extent(
            kernel.width, geometry.padding.width, geometry.dilation.width, &generator)
        let least = size == .any ? (generator.oneIn(12) ? 0 : 1) : isLarge ? 10 : 1
        let most = isSmall ? 2 : isLarge ? 12 : 5
        let batch = generator.int(least...most)
        let channels = generator.int(least...most)
        let outputs = generator.int(least...most)
        images = [batch, channels, height, width]
        kernels = [outputs, channels, kernel.height, kernel.width]
        results = Shape([batch, outputs] + outputExtents(geometry, images, kernel: kernels))
    }

    /// Terms of one element of the result or of a gradient.
    var reductionLength: Int {
        max(1, kernels.elementCount, results.elementCount / max(1, results[1]))
    }
}

private func outputExtents(
    _ geometry: ConvolutionGeometry, _ images: Shape, kernel: Shape
) -> [Int] {
    [
        (images[2] + 2 * geometry.padding.height - geometry.dilation.height * (kernel[2] - 1) - 1)
            / geometry.stride.height + 1,
        (images[3] + 2 * geometry.padding.width - geometry.dilation.width * (kernel[3] - 1) - 1)
            / geometry.stride.width + 1,
    ]
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
    for index in HostArray.indices(of: results) {
        let (image, output) = (index[0], index[1])
        let result = HostArray.position(of: index, in: results)
        for channel in 0..<images[1] {
            for row in 0..<kernels[2] {
                for column in 0..<kernels[3] {
                    let y =
                        index[2] * geometry.stride.height - geometry.padding.height
                        + row * geometry.dilation.height
                    let x =
                        index[3] * geometry.stride.width - geometry.padding.width
                        + column * geometry.dilation.width
                    guard y >= 0, y < images[2], x >= 0, x < images[3] else { continue }
                    body(
                        ((image * images[1] + channel) * images[2] + y) * images[3] + x,
                        ((output * kernels[1] + channel) * kernels[2] + row) * kernels[3] + column,
                        result)
                }
            }
        }
    }
}
