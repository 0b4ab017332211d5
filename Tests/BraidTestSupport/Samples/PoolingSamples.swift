import BraidCore
import BraidOperators

extension Sample {
    static let maxPooling = [
        Sample(
            description: "max_pooling", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: MaxPooling(setting.geometry),
                    inputs: [generator.distinctArray(dtype, setting.images, size)])
            },
            reference: { call in
                let geometry = (call.op as? MaxPooling)!.geometry
                return [
                    maxima(call.inputs[0], geometry).map { call.inputs[0].elements[$0] }.pooled(
                        call.inputs[0], geometry)
                ]
            },
            refused: poolingMistakes { MaxPooling($0) }),
        Sample(
            description: "max_pooling_gradient", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: MaxPoolingGradient(setting.geometry),
                    inputs: [
                        generator.distinctArray(dtype, setting.images, size),
                        generator.array(dtype, setting.results, Domain(specials: []), size),
                    ],
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let geometry = (call.op as? MaxPoolingGradient)!.geometry
                let (x, dy) = (call.inputs[0], call.inputs[1])
                var sums = [Double](repeating: 0, count: x.elements.count)
                for (window, position) in maxima(x, geometry).enumerated() {
                    sums[position] += dy.elements[window].real
                }
                return [HostArray(x.dtype, x.shape, sums)]
            },
            refused: [
                RefusedCall(
                    MaxPoolingGradient(.square(2)),
                    [TensorType(.f32, [1, 1, 4, 4]), TensorType(.f32, [1, 1, 3, 3])],
                    mentions: ["f32[1, 1, 2, 2]", "f32[1, 1, 3, 3]"])
            ]),
        Sample(
            description: "max_pooling_gather", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: MaxPoolingGather(setting.geometry),
                    inputs: [
                        generator.distinctArray(dtype, setting.images, size),
                        generator.array(dtype, setting.images, Domain(), size),
                    ])
            },
            reference: { call in
                let geometry = (call.op as? MaxPoolingGather)!.geometry
                return [
                    maxima(call.inputs[0], geometry).map { call.inputs[1].elements[$0] }.pooled(
                        call.inputs[0], geometry)
                ]
            },
            refused: [
                RefusedCall(
                    MaxPoolingGather(.square(2)),
                    [TensorType(.f32, [1, 1, 4, 4]), TensorType(.f32, [1, 1, 4, 3])],
                    mentions: ["f32[1, 1, 4, 4]", "f32[1, 1, 4, 3]"])
            ]),
    ]

    static let averagePooling = [
        Sample(
            description: "average_pooling", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: AveragePooling(setting.geometry, countsPadding: generator.oneIn(2)),
                    inputs: [
                        generator.array(
                            dtype, setting.images, Domain(specials: Domain.nonFinite), size)
                    ],
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let op = (call.op as? AveragePooling)!
                let x = call.inputs[0]
                return [
                    windows(of: x.shape, op.geometry).map { window in
                        .real(
                            window.positions.map { x.elements[$0].real }.reduce(0, +)
                                / window.divisor(op.countsPadding))
                    }.pooled(x, op.geometry)
                ]
            },
            refused: poolingMistakes { AveragePooling($0, countsPadding: true) }),
        Sample(
            description: "average_pooling_gradient", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let setting = PoolingSetting(size, &generator)
                return OperatorCase(
                    op: AveragePoolingGradient(
                        setting.geometry,
                        image: Spatial(Array(setting.images.extents[2...])),
                        countsPadding: generator.oneIn(2)),
                    inputs: [generator.array(dtype, setting.results, Domain(specials: []), size)],
                    reductionLength: setting.reductionLength)
            },
            reference: { call in
                let op = (call.op as? AveragePoolingGradient)!
                let dy = call.inputs[0]
                let shape = Shape([dy.shape[0], dy.shape[1]] + op.image.values)
                var sums = [Double](repeating: 0, count: shape.elementCount)
                for (position, window) in windows(of: shape, op.geometry).enumerated() {
                    for element in window.positions {
                        sums[element] +=
                            dy.elements[position].real / window.divisor(op.countsPadding)
                    }
                }
                return [HostArray(dy.dtype, shape, sums)]
            },
            refused: [
                RefusedCall(
                    AveragePoolingGradient(
                        .square(2), image: Spatial([4, 4]), countsPadding: true),
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
        RefusedCall(op(.adaptive(output: Spatial([0, 2]))), [images], mentions: ["(0, 2)"]),
        RefusedCall(op(.adaptive(output: Spatial([2]))), [images], mentions: ["[1, 2, 4, 4]"]),
    ]
}

extension PoolingGeometry {
    fileprivate static func square(
        _ kernel: Int, stride: Int? = nil, padding: Int = 0
    ) -> PoolingGeometry {
        .sliding(
            kernel: kernel.spatial(rank: 2), stride: (stride ?? kernel).spatial(rank: 2),
            padding: padding.spatial(rank: 2), roundsUp: false)
    }

    /// The elements of each window of an axis, and how many of the padded axis it covers.
    fileprivate func windows(_ axis: Int, _ extent: Int) -> [(inside: Range<Int>, padded: Int)] {
        switch self {
        case .adaptive(let output):
            return (0..<output[axis]).map { window in
                let first = window * extent / output[axis]
                let end = ((window + 1) * extent + output[axis] - 1) / output[axis]
                return (first..<end, end - first)
            }
        case .sliding(let kernel, let stride, let padding, let roundsUp):
            var windows: [(Range<Int>, Int)] = []
            var start = -padding[axis]
            // One that runs over the end counts when rounding up, if it begins before the padding there.
            while start + kernel[axis] <= extent + padding[axis]
                || (roundsUp && start < extent
                    && start - stride[axis] + kernel[axis] < extent + padding[axis])
            {
                let end = min(start + kernel[axis], extent + padding[axis])
                windows.append((max(start, 0)..<min(end, extent), end - start))
                start += stride[axis]
            }
            return windows
        }
    }

    /// The extents of the result.
    fileprivate func outputExtents(_ images: Shape) -> [Int] {
        (2..<images.rank).map { windows($0 - 2, images[$0]).count }
    }
}

/// Random shapes of a pooling that fit together.
private struct PoolingSetting {
    let geometry: PoolingGeometry
    let images: Shape
    let results: Shape
    let reductionLength: Int

    init(_ size: CaseSize, _ generator: inout SeededGenerator) {
        let isLarge = size == .large
        let rank = isLarge ? 2 : generator.int(1...3)
        let kernel = (0..<rank).map { _ in generator.int((isLarge ? 3 : 1)...3) }
        let strides = (0..<rank).map { _ in generator.int(1...(isLarge ? 1 : 3)) }
        let padding = kernel.map { generator.int(0...($0 - 1)) }
        let extents = (0..<rank).map { axis in
            let more = size == .small ? 0...1 : size == .any ? 0...(12 / rank) : 30...40
            return max(1, kernel[axis] - 2 * padding[axis]) + generator.int(more)
        }
        let planes = size == .small ? 1...2 : size == .any ? 0...4 : 8...9
        images = Shape([generator.int(planes), generator.int(planes)] + extents)
        if !isLarge, generator.oneIn(4) {
            geometry = .adaptive(
                output: Spatial(extents.map { generator.int(1...($0 + 1)) }))
            reductionLength = extents.reduce(1, *)
        } else {
            geometry = .sliding(
                kernel: Spatial(kernel),
                stride: Spatial(!isLarge && generator.oneIn(3) ? kernel : strides),
                padding: Spatial(padding), roundsUp: generator.oneIn(3))
            reductionLength = kernel.reduce(1, *)
        }
        results = Shape(Array(images.extents[..<2]) + geometry.outputExtents(images))
    }
}

/// A window: the row-major positions of its image elements, and how many of the padded image it covers.
private struct Window {
    var positions: [Int]
    var paddedCount: Int

    func divisor(_ countsPadding: Bool) -> Double {
        Double(countsPadding ? paddedCount : positions.count)
    }
}

/// The windows, one after the other.
private func windows(of images: Shape, _ geometry: PoolingGeometry) -> [Window] {
    (0..<(images[0] * images[1])).flatMap { plane in
        var windows = [Window(positions: [plane], paddedCount: 1)]
        for axis in 2..<images.rank {
            let extent = images[axis]
            windows = windows.flatMap { outer in
                geometry.windows(axis - 2, extent).map { part in
                    Window(
                        positions: outer.positions.flatMap { position in
                            part.inside.map { position * extent + $0 }
                        }, paddedCount: outer.paddedCount * part.padded)
                }
            }
        }
        return windows
    }
}

/// The position of each window's first maximum; NaN is largest.
private func maxima(_ x: HostArray, _ geometry: PoolingGeometry) -> [Int] {
    let values = x.reals
    return windows(of: x.shape, geometry).map { window in
        window.positions.dropFirst().reduce(window.positions[0]) { best, position in
            if values[best].isNaN { return best }
            return values[position].isNaN || values[position] > values[best] ? position : best
        }
    }
}

extension [HostElement] {
    /// One element per window as an array.
    fileprivate func pooled(_ images: HostArray, _ geometry: PoolingGeometry) -> HostArray {
        let shape = Array<Int>(images.shape.extents[..<2]) + geometry.outputExtents(images.shape)
        return HostArray(TensorType(images.dtype, Shape(shape)), self)
    }
}
