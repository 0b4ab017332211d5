import BraidCore
import BraidOperators

extension Sample {
    static let maxPooling = [
        Sample(
            description: "max_pooling_2d", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: MaxPooling2D(setting.geometry),
                    inputs: [generator.distinctArray(dtype, setting.images, size)])
            },
            reference: { call in
                let geometry = (call.op as? MaxPooling2D)!.geometry
                return [
                    maxima(call.inputs[0], geometry).map { call.inputs[0].elements[$0] }.pooled(
                        call.inputs[0], geometry)
                ]
            },
            refused: poolingMistakes { MaxPooling2D($0) }),
        Sample(
            description: "max_pooling_2d_gradient", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: MaxPooling2DGradient(setting.geometry),
                    inputs: [
                        generator.distinctArray(dtype, setting.images, size),
                        generator.array(dtype, setting.results, Domain(specials: []), size),
                    ],
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let geometry = (call.op as? MaxPooling2DGradient)!.geometry
                let (x, dy) = (call.inputs[0], call.inputs[1])
                var sums = [Double](repeating: 0, count: x.elements.count)
                for (window, position) in maxima(x, geometry).enumerated() {
                    sums[position] += dy.elements[window].real
                }
                return [HostArray(x.dtype, x.shape, sums)]
            },
            refused: [
                RefusedCall(
                    MaxPooling2DGradient(.square(2)),
                    [TensorType(.f32, [1, 1, 4, 4]), TensorType(.f32, [1, 1, 3, 3])],
                    mentions: ["f32[1, 1, 2, 2]", "f32[1, 1, 3, 3]"])
            ]),
        Sample(
            description: "max_pooling_2d_gather", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: MaxPooling2DGather(setting.geometry),
                    inputs: [
                        generator.distinctArray(dtype, setting.images, size),
                        generator.array(dtype, setting.images, Domain(), size),
                    ])
            },
            reference: { call in
                let geometry = (call.op as? MaxPooling2DGather)!.geometry
                return [
                    maxima(call.inputs[0], geometry).map { call.inputs[1].elements[$0] }.pooled(
                        call.inputs[0], geometry)
                ]
            },
            refused: [
                RefusedCall(
                    MaxPooling2DGather(.square(2)),
                    [TensorType(.f32, [1, 1, 4, 4]), TensorType(.f32, [1, 1, 4, 3])],
                    mentions: ["f32[1, 1, 4, 4]", "f32[1, 1, 4, 3]"])
            ]),
    ]

    static let averagePooling = [
        Sample(
            description: "average_pooling_2d", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: AveragePooling2D(setting.geometry, countsPadding: generator.oneIn(2)),
                    inputs: [
                        generator.array(
                            dtype, setting.images, Domain(specials: Domain.nonFinite), size)
                    ],
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let op = (call.op as? AveragePooling2D)!
                let x = call.inputs[0]
                return [
                    windows(of: x.shape, op.geometry).map { window in
                        let divisor =
                            op.countsPadding ? op.geometry.kernel.count : window.count
                        return .real(
                            window.map { x.elements[$0].real }.reduce(0, +) / Double(divisor))
                    }.pooled(x, op.geometry)
                ]
            },
            refused: poolingMistakes { AveragePooling2D($0, countsPadding: true) }),
        Sample(
            description: "average_pooling_2d_gradient", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: AveragePooling2DGradient(
                        setting.geometry,
                        image: Spatial2D(height: setting.images[2], width: setting.images[3]),
                        countsPadding: generator.oneIn(2)),
                    inputs: [generator.array(dtype, setting.results, Domain(specials: []), size)],
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let op = (call.op as? AveragePooling2DGradient)!
                let dy = call.inputs[0]
                let shape: Shape = [dy.shape[0], dy.shape[1], op.image.height, op.image.width]
                var sums = [Double](repeating: 0, count: shape.elementCount)
                for (position, window) in windows(of: shape, op.geometry).enumerated() {
                    let divisor = op.countsPadding ? op.geometry.kernel.count : window.count
                    for element in window {
                        sums[element] += dy.elements[position].real / Double(divisor)
                    }
                }
                return [HostArray(dy.dtype, shape, sums)]
            },
            refused: [
                RefusedCall(
                    AveragePooling2DGradient(
                        .square(2), image: Spatial2D(height: 4, width: 4), countsPadding: true),
                    [TensorType(.f32, [1, 1, 3, 3])],
                    mentions: ["f32[1, 1, 2, 2]", "f32[1, 1, 3, 3]"])
            ]),
    ]
}

private func poolingMistakes(_ op: (PoolingGeometry) -> any Operator) -> [RefusedCall] {
    let images = TensorType(.f32, [1, 2, 4, 4])
    return [
        RefusedCall(op(.square(2)), [TensorType(.f32, [4, 4])], mentions: ["[4, 4]"]),
        RefusedCall(op(.square(5)), [images], mentions: ["(5, 5)", "[1, 2, 4, 4]"]),
        RefusedCall(op(.square(2, padding: 2)), [images], mentions: ["padding (2, 2)"]),
        RefusedCall(op(.square(0)), [images], mentions: ["(0, 0)"]),
        RefusedCall(op(.square(2, stride: 0)), [images], mentions: ["stride (0, 0)"]),
        RefusedCall(op(.square(1)), [TensorType(.f32, [1, 2, 0, 4])], mentions: ["[1, 2, 0, 4]"]),
    ]
}

extension PoolingGeometry {
    fileprivate static func square(
        _ kernel: Int, stride: Int? = nil, padding: Int = 0
    ) -> PoolingGeometry {
        PoolingGeometry(
            kernel: (kernel, kernel), stride: stride.map { ($0, $0) }, padding: (padding, padding))
    }
}

extension Spatial2D {
    fileprivate var count: Int { height * width }
}

/// Random shapes of a pooling that fit together.
private struct PoolingSetting {
    let geometry: PoolingGeometry
    let images: Shape
    let results: Shape

    init(_ size: CaseSize, _ generator: inout SeededGenerator) {
        let isLarge = size == .large
        let extents = (isLarge ? 3 : 1)...3
        let kernel = (generator.int(extents), generator.int(extents))
        let strides = 1...(isLarge ? 1 : 3)
        let stride = (generator.int(strides), generator.int(strides))
        geometry = PoolingGeometry(
            kernel: kernel, stride: !isLarge && generator.oneIn(3) ? nil : stride,
            padding: (generator.int(0...(kernel.0 - 1)), generator.int(0...(kernel.1 - 1))))
        func extent(_ kernel: Int, _ padding: Int, _ generator: inout SeededGenerator) -> Int {
            let more = size == .small ? 0...1 : size == .any ? 0...10 : 30...40
            return max(1, kernel - 2 * padding) + generator.int(more)
        }
        let height = extent(kernel.0, geometry.padding.height, &generator)
        let width = extent(kernel.1, geometry.padding.width, &generator)
        let planes = size == .small ? 1...2 : size == .any ? 0...4 : 8...9
        images = [generator.int(planes), generator.int(planes), height, width]
        results = Shape(Array(images.extents[..<2]) + pooledExtents(images, geometry))
    }

    var reductionLength: Int { geometry.kernel.count }
}

private func pooledExtents(_ images: Shape, _ geometry: PoolingGeometry) -> [Int] {
    [
        (images[2] + 2 * geometry.padding.height - geometry.kernel.height)
            / geometry.stride.height + 1,
        (images[3] + 2 * geometry.padding.width - geometry.kernel.width)
            / geometry.stride.width + 1,
    ]
}

/// The row-major positions of the image elements in each window, window after window.
private func windows(of images: Shape, _ geometry: PoolingGeometry) -> [[Int]] {
    let results = Shape(Array(images.extents[..<2]) + pooledExtents(images, geometry))
    return HostArray.indices(of: results).map { index in
        let plane = index[0] * images[1] + index[1]
        let top = index[2] * geometry.stride.height - geometry.padding.height
        let left = index[3] * geometry.stride.width - geometry.padding.width
        return (top..<(top + geometry.kernel.height)).flatMap { y in
            (left..<(left + geometry.kernel.width)).compactMap { x in
                y >= 0 && y < images[2] && x >= 0 && x < images[3]
                    ? (plane * images[2] + y) * images[3] + x : nil
            }
        }
    }
}

/// The position of each window's first maximum; NaN is largest.
private func maxima(_ x: HostArray, _ geometry: PoolingGeometry) -> [Int] {
    let values = x.reals
    return windows(of: x.shape, geometry).map { window in
        window.dropFirst().reduce(window[0]) { best, position in
            if values[best].isNaN { return best }
            return values[position].isNaN || values[position] > values[best] ? position : best
        }
    }
}

extension [HostElement] {
    /// One element per window as an array.
    fileprivate func pooled(_ images: HostArray, _ geometry: PoolingGeometry) -> HostArray {
        let shape = Array<Int>(images.shape.extents[..<2]) + pooledExtents(images.shape, geometry)
        return HostArray(TensorType(images.dtype, Shape(shape)), self)
    }
}
