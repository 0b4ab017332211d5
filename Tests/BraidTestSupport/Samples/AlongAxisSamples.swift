import BraidCore
import BraidOperators

extension Sample {
    /// Taking and scattering with an index for each element.
    static let alongAxis = [takeAlongAxis, scatterAddAlongAxis, scatterAlongAxis]

    private static let takeAlongAxis = Sample(
        description: "take_along_axis", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let lines = generator.lines(size)
            let isChecked = generator.oneIn(2)
            return OperatorCase(
                op: TakeAlongAxis(axis: lines.written, checksIndices: isChecked),
                inputs: [
                    generator.array(dtype, lines.array, Domain(), size),
                    generator.places(
                        lines.indices, below: lines.array[lines.axis], size, isChecked),
                ],
                reductionLength: lines.indices[lines.axis])
        },
        reference: { call in
            let (x, indices) = (call.inputs[0], call.inputs[1])
            let axis = (call.op as? TakeAlongAxis)!.axis
            return [
                HostArray(TensorType(x.dtype, indices.shape)) { index in
                    x[index.moved(to: indices, axis, in: x.shape)]
                }
            ]
        },
        refused: [
            RefusedCall(
                TakeAlongAxis(axis: 2), [TensorType(.f32, [2, 3]), TensorType(.i64, [2, 3])],
                mentions: ["axis 2", "[2, 3]"]),
            RefusedCall(
                TakeAlongAxis(axis: 1), [TensorType(.f32, [2, 3]), TensorType(.i64, [3, 3])],
                mentions: ["[2, 3]", "[3, 3]", "axis than 1"]),
            RefusedCall(
                TakeAlongAxis(axis: 1), [TensorType(.f32, [2, 3]), TensorType(.i64, [3])],
                mentions: ["[2, 3]", "[3]"]),
            RefusedCall(
                TakeAlongAxis(axis: 0), [TensorType(.f32, [2]), TensorType(.u8, [2])],
                mentions: ["u8[2]"]),
            RefusedCall(
                TakeAlongAxis(axis: 0), [TensorType(.f32, [0]), TensorType(.i64, [2])],
                mentions: ["[0]", "[2]"]),
        ])

    private static let scatterAddAlongAxis = Sample(
        description: "scatter_add_along_axis", dtypes: DType.arithmetic,
        make: { dtype, size, generator in
            let lines = generator.lines(size)
            let extent = lines.array[lines.axis]
            let isChecked = generator.oneIn(2)
            return OperatorCase(
                op: ScatterAddAlongAxis(
                    axis: lines.written, extent: extent, checksIndices: isChecked),
                inputs: [
                    generator.array(dtype, lines.indices, Domain(specials: []), size),
                    generator.places(lines.indices, below: extent, size, isChecked),
                ],
                reductionLength: lines.indices[lines.axis])
        },
        reference: { call in
            let (values, indices) = (call.inputs[0], call.inputs[1])
            let op = (call.op as? ScatterAddAlongAxis)!
            let axis = op.axis < 0 ? op.axis + values.shape.rank : op.axis
            let shape = values.shape.replacing(axis, with: op.extent)
            var sums = [HostElement](
                repeating: values.dtype.isFloating ? .real(0) : .integer(0),
                count: shape.elementCount)
            for index in HostArray.indices(of: values.shape) {
                let place = HostArray.position(
                    of: index.moved(to: indices, axis, in: shape), in: shape)
                switch values[index] {
                case .real(let value): sums[place] = .real(sums[place].real + value)
                case .integer(let value): sums[place] = .integer(sums[place].integer + value)
                }
            }
            return [HostArray(TensorType(values.dtype, shape), sums)]
        },
        refused: [
            RefusedCall(
                ScatterAddAlongAxis(axis: 1, extent: 4),
                [TensorType(.f32, [2, 3]), TensorType(.i64, [2, 2])],
                mentions: ["[2, 3]", "[2, 2]"]),
            RefusedCall(
                ScatterAddAlongAxis(axis: -3, extent: 4),
                [TensorType(.f32, [2, 3]), TensorType(.i64, [2, 3])],
                mentions: ["axis -3", "[2, 3]"]),
            RefusedCall(
                ScatterAddAlongAxis(axis: 0, extent: 0),
                [TensorType(.f32, [3]), TensorType(.i64, [3])], mentions: ["[0]", "[3]"]),
            RefusedCall(
                ScatterAddAlongAxis(axis: 0, extent: -1),
                [TensorType(.f32, [0]), TensorType(.i64, [0])], mentions: ["-1"]),
        ])

    private static let scatterAlongAxis = Sample(
        description: "scatter_along_axis", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let lines = generator.lines(size)
            let isChecked = generator.oneIn(2)
            return OperatorCase(
                op: ScatterAlongAxis(axis: lines.written, checksIndices: isChecked),
                inputs: [
                    generator.array(dtype, lines.array, Domain(), size),
                    generator.places(
                        lines.indices, below: lines.array[lines.axis], size, isChecked),
                    generator.array(dtype, lines.indices, Domain(), size),
                ])
        },
        reference: { call in
            let (indices, values) = (call.inputs[1], call.inputs[2])
            let axis = (call.op as? ScatterAlongAxis)!.axis
            var result = call.inputs[0]
            for index in HostArray.indices(of: values.shape) {
                result[index.moved(to: indices, axis, in: result.shape)] = values[index]
            }
            return [result]
        },
        refused: [
            RefusedCall(
                ScatterAlongAxis(axis: 0),
                [TensorType(.f32, [3]), TensorType(.i64, [2]), TensorType(.f64, [2])],
                mentions: ["f32[3]", "f64[2]"]),
            RefusedCall(
                ScatterAlongAxis(axis: 0),
                [TensorType(.f32, [3]), TensorType(.i64, [2]), TensorType(.f32, [3])],
                mentions: ["[2]", "[3]"]),
            RefusedCall(
                ScatterAlongAxis(axis: 1),
                [TensorType(.f32, [3]), TensorType(.i64, [2]), TensorType(.f32, [2])],
                mentions: ["axis 1", "[3]"]),
        ])
}

extension [Int] {
    /// This index of an array of indices with the position along an axis that it names.
    fileprivate func moved(to indices: HostArray, _ axis: Int, in shape: Shape) -> [Int] {
        let axis = axis < 0 ? axis + count : axis
        var index = self
        index[axis] = nearest(indices[self].integer, below: shape[axis])
        return index
    }
}

extension SeededGenerator {
    /// Shapes of an array and of indices along one of its axes.
    fileprivate mutating func lines(
        _ size: CaseSize
    ) -> (array: Shape, indices: Shape, axis: Int, written: Int) {
        // Pieces of scattering are runs of what stands before the axis.
        var array = size == .large ? [40, 100, 70] : shape(1...3, size)
        let axis = size == .large ? 1 : int(0...array.rank - 1)
        if array[axis] == 0 { array = array.replacing(axis, with: 2) }
        let count = size == .large ? 200 : int(size == .small ? 1...3 : 0...7)
        return (
            array, array.replacing(axis, with: count), axis, oneIn(2) ? axis : axis - array.rank
        )
    }
}
