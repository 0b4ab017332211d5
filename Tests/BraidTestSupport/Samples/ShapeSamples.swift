import BraidCore
import BraidOperators

extension Sample {
    package static let reshape = Sample(
        description: "reshape", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = generator.shape(0...4, size)
            return OperatorCase(
                op: Reshape(generator.regrouped(shape)),
                inputs: [generator.array(dtype, shape, Domain(), size)])
        },
        reference: { call in
            let op = (call.op as? Reshape)!
            let known = op.extents.filter { $0 != -1 }.reduce(1, *)
            let count = call.inputs[0].elements.count
            return [
                call.inputs[0].reshaped(
                    to: Shape(op.extents.map { $0 == -1 ? count / max(known, 1) : $0 }))
            ]
        },
        refused: [
            RefusedCall(
                Reshape([2, 2]), [TensorType(.f32, [2, 3])], mentions: ["[2, 3]", "[2, 2]"]),
            RefusedCall(
                Reshape([4, -1]), [TensorType(.f32, [2, 3])], mentions: ["[2, 3]", "[4, -1]"]),
            RefusedCall(Reshape([-1, -1]), [TensorType(.f32, [2, 3])], mentions: ["[-1, -1]"]),
            RefusedCall(Reshape([-2, -3]), [TensorType(.f32, [2, 3])], mentions: ["[-2, -3]"]),
            RefusedCall(Reshape([0, -1]), [TensorType(.f32, [0])], mentions: ["[0, -1]"]),
        ])

    static let transpose = Sample(
        description: "transpose", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = generator.shape(0...4, size)
            let order = (0..<shape.rank).shuffled(using: &generator)
            let axes = order.map { generator.oneIn(3) ? $0 - shape.rank : $0 }
            return OperatorCase(
                op: Transpose(generator.oneIn(3) ? nil : axes),
                inputs: [generator.array(dtype, shape, Domain(), size)])
        },
        reference: { call in
            let input = call.inputs[0]
            let rank = input.shape.rank
            let order = ((call.op as? Transpose)!.axes ?? (0..<rank).reversed())
                .map { $0 < 0 ? $0 + rank : $0 }
            return [
                HostArray(TensorType(input.dtype, Shape(order.map { input.shape[$0] }))) { index in
                    var source = index
                    for (axis, from) in order.enumerated() { source[from] = index[axis] }
                    return input[source]
                }
            ]
        },
        refused: [
            RefusedCall(Transpose([0]), [TensorType(.f32, [2, 3])], mentions: ["[0]", "[2, 3]"]),
            RefusedCall(Transpose([0, 0]), [TensorType(.f32, [2, 3])], mentions: ["[0, 0]"]),
            RefusedCall(Transpose([0, -2]), [TensorType(.f32, [2, 3])], mentions: ["[0, -2]"]),
            RefusedCall(
                Transpose([0, 2]), [TensorType(.f32, [2, 3])], mentions: ["2", "[2, 3]"]),
        ])

    static let broadcast = Sample(
        description: "broadcast", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = generator.shape(0...4, size)
            let input = generator.array(dtype, generator.broadcastable(to: shape), Domain(), size)
            return OperatorCase(
                op: Broadcast(to: shape), inputs: [input], reductionLength: shape.elementCount)
        },
        reference: { call in
            let type = TensorType(call.inputs[0].dtype, (call.op as? Broadcast)!.shape)
            return [HostArray(type) { call.inputs[0].broadcastElement(at: $0) }]
        },
        refused: [
            RefusedCall(
                Broadcast(to: [2, 3]), [TensorType(.f32, [2])], mentions: ["[2]", "[2, 3]"]),
            RefusedCall(
                Broadcast(to: [3]), [TensorType(.f32, [2, 3])], mentions: ["[2, 3]", "[3]"]),
            RefusedCall(
                Broadcast(to: [1, 3]), [TensorType(.f32, [2, 3])], mentions: ["[2, 3]", "[1, 3]"]),
        ])

    static let concatenate = Sample(
        description: "concatenate", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = generator.shape(1...4, size)
            let axis = generator.int(0...shape.rank - 1)
            let inputs = (0..<generator.int(1...4)).map { position in
                let extent =
                    position == 0 ? shape[axis] : generator.int(size == .small ? 1...2 : 0...5)
                return generator.array(
                    dtype, shape.replacing(axis, with: extent), Domain(), size)
            }
            let written = generator.oneIn(2) ? axis : axis - shape.rank
            return OperatorCase(op: Concatenate(axis: written), inputs: inputs)
        },
        reference: { call in
            let written = (call.op as? Concatenate)!.axis
            let first = call.inputs[0]
            let axis = written < 0 ? written + first.shape.rank : written
            var extents = first.shape.extents
            extents[axis] = call.inputs.map { $0.shape[axis] }.reduce(0, +)
            return [
                HostArray(TensorType(first.dtype, Shape(extents))) { index in
                    var (source, position) = (index, 0)
                    while source[axis] >= call.inputs[position].shape[axis] {
                        source[axis] -= call.inputs[position].shape[axis]
                        position += 1
                    }
                    return call.inputs[position][source]
                }
            ]
        },
        refused: [
            RefusedCall(Concatenate(axis: 0), [], mentions: ["at least one"]),
            RefusedCall(
                Concatenate(axis: 0), [TensorType(.f32, [])], mentions: ["axis 0", "[]"]),
            RefusedCall(
                Concatenate(axis: 2), [TensorType(.f32, [2, 3])], mentions: ["axis 2", "[2, 3]"]),
            RefusedCall(
                Concatenate(axis: 0), [TensorType(.f32, [2, 3]), TensorType(.f32, [2, 4])],
                mentions: ["[2, 3]", "[2, 4]"]),
            RefusedCall(
                Concatenate(axis: 0), [TensorType(.f32, [2, 3]), TensorType(.f32, [3])],
                mentions: ["[2, 3]", "[3]"]),
            RefusedCall(
                Concatenate(axis: 0), [TensorType(.f32, [2]), TensorType(.f64, [2])],
                mentions: ["f32[2]", "f64[2]"]),
        ])

    static let slice = [
        Sample(
            description: "slice", dtypes: DType.allCases,
            make: { dtype, size, generator in
                let shape = generator.shape(0...(size == .large ? 2 : 4), size, largeCount: 400_000)
                return OperatorCase(
                    op: StridedSlice(axes: generator.parts(of: shape, size)),
                    inputs: [generator.array(dtype, shape, Domain(), size)])
            },
            reference: { call in
                let (axes, input) = ((call.op as? StridedSlice)!.axes, call.inputs[0])
                return [
                    HostArray(TensorType(input.dtype, partShape(axes))) { index in
                        input[wholeIndex(index, axes)]
                    }
                ]
            },
            refused: [
                RefusedCall(
                    StridedSlice(axes: [.init(start: 1, count: 2, step: 1, isDropped: false)]),
                    [TensorType(.f32, [2])], mentions: ["[2]", "0..<2"]),
                RefusedCall(
                    StridedSlice(axes: [.init(start: -1, count: 1, step: 1, isDropped: false)]),
                    [TensorType(.f32, [2])], mentions: ["[2]"]),
                RefusedCall(
                    StridedSlice(axes: [.init(start: 0, count: 1, step: 0, isDropped: false)]),
                    [TensorType(.f32, [2])], mentions: ["[2]"]),
                RefusedCall(
                    StridedSlice(axes: [.init(start: 0, count: 2, step: 1, isDropped: true)]),
                    [TensorType(.f32, [2])], mentions: ["[2]"]),
                RefusedCall(
                    StridedSlice(axes: []), [TensorType(.f32, [2])], mentions: ["[2]"]),
            ]),
        Sample(
            description: "slice_gradient", dtypes: DType.allCases,
            make: { dtype, size, generator in
                let shape = generator.shape(0...(size == .large ? 2 : 4), size, largeCount: 400_000)
                let axes = generator.parts(of: shape, size)
                return OperatorCase(
                    op: StridedSliceGradient(axes: axes, shape: shape),
                    inputs: [generator.array(dtype, partShape(axes), Domain(), size)])
            },
            reference: { call in
                let op = (call.op as? StridedSliceGradient)!
                let count = op.shape.elementCount
                var whole = HostArray(
                    call.inputs[0].dtype, op.shape, [Double](repeating: 0, count: count))
                for index in HostArray.indices(of: call.inputs[0].shape) {
                    whole[wholeIndex(index, op.axes)] = call.inputs[0][index]
                }
                return [whole]
            },
            refused: [
                RefusedCall(
                    StridedSliceGradient(
                        axes: [.init(start: 0, count: 2, step: 1, isDropped: false)], shape: [4]),
                    [TensorType(.f32, [3])], mentions: ["[2]", "[3]"]),
                RefusedCall(
                    StridedSliceGradient(
                        axes: [.init(start: 3, count: 2, step: 1, isDropped: false)], shape: [4]),
                    [TensorType(.f32, [2])], mentions: ["[4]"]),
            ]),
        Sample(
            description: "slice_update", dtypes: DType.allCases,
            make: { dtype, size, generator in
                let shape = generator.shape(0...4, size)
                let axes = generator.parts(of: shape, size)
                return OperatorCase(
                    op: StridedSliceUpdate(StridedSlice(axes: axes)),
                    inputs: [
                        generator.array(dtype, shape, Domain(), size),
                        generator.array(dtype, partShape(axes), Domain(), size),
                    ])
            },
            reference: { call in
                let axes = (call.op as? StridedSliceUpdate)!.axes
                var whole = call.inputs[0]
                for index in HostArray.indices(of: call.inputs[1].shape) {
                    whole[wholeIndex(index, axes)] = call.inputs[1][index]
                }
                return [whole]
            },
            refused: [
                RefusedCall(
                    StridedSliceUpdate(
                        StridedSlice(
                            axes: [.init(start: 0, count: 2, step: 1, isDropped: false)])),
                    [TensorType(.f32, [4]), TensorType(.f32, [3])], mentions: ["[2]", "[3]"]),
                RefusedCall(
                    StridedSliceUpdate(
                        StridedSlice(
                            axes: [.init(start: 3, count: 2, step: 1, isDropped: false)])),
                    [TensorType(.f32, [4]), TensorType(.f32, [2])], mentions: ["[4]"]),
                RefusedCall(
                    StridedSliceUpdate(
                        StridedSlice(
                            axes: [.init(start: 0, count: 2, step: 1, isDropped: false)])),
                    [TensorType(.f32, [4]), TensorType(.f64, [2])],
                    mentions: ["f32[2]", "f64[2]"]),
            ]),
    ]

    static let stopGradient = Sample(
        description: "stop_gradient", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = generator.shape(0...4, size)
            return OperatorCase(
                op: StopGradient(), inputs: [generator.array(dtype, shape, Domain(), size)])
        },
        reference: { $0.inputs }, differentiableOrders: 0)
}

/// The shape of a part: the counts along the axes that stay.
private func partShape(_ axes: [StridedSlice.Axis]) -> Shape {
    Shape(axes.filter { !$0.isDropped }.map(\.count))
}

/// Where an element of a part stands in the whole.
private func wholeIndex(_ index: [Int], _ axes: [StridedSlice.Axis]) -> [Int] {
    var left = index[...]
    return axes.map { axis in
        axis.start + axis.step * (axis.isDropped ? 0 : left.removeFirst())
    }
}

extension SeededGenerator {
    /// Extents of as many elements as a shape has, now and then one of them written as -1.
    fileprivate mutating func regrouped(_ shape: Shape) -> [Int] {
        var extents = shape.extents
        for _ in 0..<int(0...3) {
            if extents.count > 1, oneIn(2) {
                let axis = int(0...extents.count - 2)
                extents[axis] *= extents.remove(at: axis + 1)
            } else if extents.count < 6 {
                let axis = int(0...extents.count)
                if axis == extents.count || oneIn(2) {
                    extents.insert(1, at: axis)
                } else {
                    let factors = (1...6).filter { extents[axis] % $0 == 0 }
                    let factor = pick(factors)
                    extents.insert(extents[axis] / factor, at: axis)
                    extents[axis + 1] = factor
                }
            }
        }
        if !extents.isEmpty, !extents.contains(0), oneIn(3) {
            extents[int(0...extents.count - 1)] = -1
        }
        return extents
    }

    /// A part of an array, which may drop axes or be empty.
    fileprivate mutating func parts(
        of shape: Shape, _ size: CaseSize
    ) -> [StridedSlice.Axis] {
        shape.extents.map { extent in
            if size == .large {
                return .init(start: extent / 9, count: extent / 3 + 1, step: 1, isDropped: false)
            }
            if extent > 0, oneIn(4) {
                return .init(start: int(0...extent - 1), count: 1, step: 1, isDropped: true)
            }
            let start = int(0...extent)
            let step = int(1...3)
            let most = start == extent ? 0 : (extent - 1 - start) / step + 1
            return .init(start: start, count: int(0...most), step: step, isDropped: false)
        }
    }
}
