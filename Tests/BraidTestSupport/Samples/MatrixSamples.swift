import BraidCore
import BraidOperators

extension Sample {
    static let matrixProduct = Sample(
        description: "matmul", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let (a, b) = generator.factors(size)
            return OperatorCase(
                op: MatrixProduct(),
                inputs: [a, b].map { generator.array(dtype, $0, Domain(specials: []), size) },
                // Terms are up to 9, where the tolerance takes them for about 1.
                reductionLength: 9 * max(a.rank > 0 ? a[a.rank - 1] : 1, b.elementCount))
        },
        reference: { [product($0.inputs[0], $0.inputs[1])] },
        refused: [
            RefusedCall(
                MatrixProduct(), [TensorType(.f32, [2, 3]), TensorType(.f32, [4, 5])],
                mentions: ["[2, 3]", "[4, 5]", "3 and 4"]),
            RefusedCall(
                MatrixProduct(), [TensorType(.f32, [2, 2, 3]), TensorType(.f32, [3, 3, 5])],
                mentions: ["[2, 2, 3]", "[3, 3, 5]"]),
            RefusedCall(
                MatrixProduct(), [TensorType(.f32, []), TensorType(.f32, [3])],
                mentions: ["[]", "[3]"]),
            RefusedCall(
                MatrixProduct(), [TensorType(.f32, [3]), TensorType(.f64, [3])],
                mentions: ["f32[3]", "f64[3]"]),
        ])
}

extension SeededGenerator {
    /// The shapes of two factors: matrices, vectors, or matrices behind broadcast dimensions.
    fileprivate mutating func factors(_ size: CaseSize) -> (Shape, Shape) {
        func extent(_ generator: inout SeededGenerator) -> Int {
            switch size {
            case .small: generator.int(1...3)
            case .any:
                generator.oneIn(10) ? 0 : generator.int(1...(generator.oneIn(5) ? 67 : 9))
            case .large: generator.int(120...180)
            }
        }
        let (m, k, n) = (extent(&self), extent(&self), extent(&self))
        if size != .large, oneIn(6) { return ([k], [k, n]) }
        if size != .large, oneIn(6) { return ([m, k], [k]) }
        if size != .large, oneIn(10) { return ([k], [k]) }
        let leading = size == .large || oneIn(3) ? Shape() : shape(1...2, .small)
        // Both may stretch, each in its own dimensions.
        let (left, right) = (broadcastable(to: leading), broadcastable(to: leading))
        return (Shape(left.extents + [m, k]), Shape(right.extents + [k, n]))
    }
}

/// Rows times columns, one product at a time.
private func product(_ a: HostArray, _ b: HostArray) -> HostArray {
    let left = a.shape.rank == 1 ? a.reshaped(to: [1, a.shape[0]]) : a
    let right = b.shape.rank == 1 ? b.reshaped(to: [b.shape[0], 1]) : b
    func leading(_ array: HostArray) -> [Int] { Array(array.shape.extents.dropLast(2)) }
    let rank = max(leading(left).count, leading(right).count)
    func padded(_ extents: [Int]) -> [Int] {
        [Int](repeating: 1, count: rank - extents.count) + extents
    }
    let common = zip(padded(leading(left)), padded(leading(right))).map { $0 == 1 ? $1 : $0 }
    let (rows, inner) = (left.shape[left.shape.rank - 2], left.shape[left.shape.rank - 1])
    let columns = right.shape[right.shape.rank - 1]
    func start(of product: [Int], _ array: HostArray) -> Int {
        let own = leading(array)
        let index = zip(product.suffix(own.count), own).map { $1 == 1 ? 0 : $0 }
        return HostArray.position(of: index, in: Shape(own))
            * array.shape.extents.suffix(2).reduce(1, *)
    }
    let (leftReals, rightReals) = (left.reals, right.reals)
    var results: [Double] = []
    for product in HostArray.indices(of: Shape(common)) {
        let (leftStart, rightStart) = (start(of: product, left), start(of: product, right))
        for row in 0..<rows {
            for column in 0..<columns {
                var sum = 0.0
                for position in 0..<inner {
                    sum +=
                        leftReals[leftStart + row * inner + position]
                        * rightReals[rightStart + position * columns + column]
                }
                results.append(sum)
            }
        }
    }
    let shape =
        common + (a.shape.rank > 1 ? [rows] : []) + (b.shape.rank > 1 ? [columns] : [])
    return HostArray(a.dtype, Shape(shape), results)
}
