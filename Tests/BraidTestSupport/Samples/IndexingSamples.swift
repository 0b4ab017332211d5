import BraidCore
import BraidOperators

extension Sample {
    static let gather = Sample(
        description: "gather", dtypes: DType.allCases,
        make: { dtype, size, generator in
            var shape = generator.shape(1...3, size)
            let axis = generator.int(0...shape.rank - 1)
            if shape[axis] == 0 { shape = shape.replacing(axis, with: 2) }
            // A large call gives as many results as several pieces need.
            let places: Shape =
                size == .large
                ? [300_000 * shape[axis] / shape.elementCount + 1]
                : generator.shape(0...2, size)
            let isChecked = generator.oneIn(2)
            return OperatorCase(
                op: Gather(
                    axis: generator.oneIn(2) ? axis : axis - shape.rank, checksIndices: isChecked),
                inputs: [
                    generator.array(dtype, shape, Domain(), size),
                    generator.places(places, below: shape[axis], size, isChecked),
                ],
                reductionLength: places.elementCount)
        },
        reference: { call in
            let (x, places) = (call.inputs[0], call.inputs[1])
            let written = (call.op as? Gather)!.axis
            let axis = written < 0 ? written + x.shape.rank : written
            var extents = x.shape.extents
            extents.replaceSubrange(axis...axis, with: places.shape.extents)
            return [
                HostArray(TensorType(x.dtype, Shape(extents))) { index in
                    let place = Array(index[axis..<(axis + places.shape.rank)])
                    let position = nearest(places[place].integer, below: x.shape[axis])
                    return x[index[..<axis] + [position] + index[(axis + place.count)...]]
                }
            ]
        },
        refused: [
            RefusedCall(
                Gather(axis: 2), [TensorType(.f32, [2, 3]), TensorType(.i64, [4])],
                mentions: ["axis 2", "[2, 3]"]),
            RefusedCall(
                Gather(axis: 0), [TensorType(.f32, [2, 3]), TensorType(.f32, [4])],
                mentions: ["f32[4]"]),
            RefusedCall(
                Gather(axis: 0), [TensorType(.f32, [0, 3]), TensorType(.i64, [4])],
                mentions: ["[0, 3]", "[4]"]),
        ])

    static let scatterAdd = Sample(
        description: "scatter_add", dtypes: DType.arithmetic,
        make: { dtype, size, generator in
            // Pieces are runs of what stands before the axis.
            let shape = size == .large ? [40, 100, 70] : generator.shape(0...3, size)
            let axis = size == .large ? 1 : generator.int(0...shape.rank)
            let held = generator.int(0...(shape.rank - axis))
            let places = Shape(shape.extents[axis..<(axis + held)])
            let extent = generator.int(1...6)
            let isChecked = generator.oneIn(2)
            return OperatorCase(
                op: ScatterAdd(axis: axis, extent: extent, checksIndices: isChecked),
                inputs: [
                    generator.array(dtype, shape, Domain(specials: []), size),
                    generator.places(places, below: extent, size, isChecked),
                ],
                reductionLength: places.elementCount)
        },
        reference: { call in
            let (dy, places) = (call.inputs[0], call.inputs[1])
            let op = (call.op as? ScatterAdd)!
            let held = places.shape.rank
            var extents = dy.shape.extents
            extents.replaceSubrange(op.axis..<(op.axis + held), with: [op.extent])
            let shape = Shape(extents)
            var reals = [Double](repeating: 0, count: shape.elementCount)
            var integers = [Int128](repeating: 0, count: shape.elementCount)
            for index in HostArray.indices(of: dy.shape) {
                let place = Array(index[op.axis..<(op.axis + held)])
                let target = nearest(places[place].integer, below: op.extent)
                let position = HostArray.position(
                    of: index[..<op.axis] + [target] + index[(op.axis + held)...], in: shape)
                switch dy[index] {
                case .real(let value): reals[position] += value
                case .integer(let value): integers[position] += value
                }
            }
            let elements =
                dy.dtype.isFloating
                ? reals.map { HostElement.real($0) } : integers.map { .integer($0) }
            return [HostArray(TensorType(dy.dtype, shape), elements)]
        },
        refused: [
            RefusedCall(
                ScatterAdd(axis: 0, extent: 4), [TensorType(.f32, [2, 3]), TensorType(.i64, [3])],
                mentions: ["[2, 3]", "[3]"]),
            RefusedCall(
                ScatterAdd(axis: -1, extent: 4), [TensorType(.f32, [3]), TensorType(.i64, [3])],
                mentions: ["[3]", "-1"]),
            RefusedCall(
                ScatterAdd(axis: .max, extent: 4), [TensorType(.f32, [3]), TensorType(.i64, [3])],
                mentions: ["[3]", "\(Int.max)"]),
            RefusedCall(
                ScatterAdd(axis: 0, extent: 0), [TensorType(.f32, [3]), TensorType(.i64, [3])],
                mentions: ["0", "[3]"]),
            RefusedCall(
                ScatterAdd(axis: 0, extent: -1), [TensorType(.f32, [0]), TensorType(.i64, [0])],
                mentions: ["-1"]),
        ])
}

/// The element that stands for an index outside an axis.
func nearest(_ index: Int128, below extent: Int) -> Int {
    Int(min(max(index, 0), Int128(extent) - 1))
}

extension SeededGenerator {
    /// Random indices of an axis, i32 or i64; now and then outside it where they are not checked.
    mutating func places(
        _ shape: Shape, below extent: Int, _ size: CaseSize, _ isChecked: Bool
    ) -> HostArray {
        let isWild = size == .any && !isChecked && oneIn(2)
        let range = isWild ? -3...(extent + 3) : 0...(extent - 1)
        let values = (0..<shape.elementCount).map { _ in Double(int(range)) }
        return HostArray(pick([.i32, .i64]), shape, values)
    }
}
