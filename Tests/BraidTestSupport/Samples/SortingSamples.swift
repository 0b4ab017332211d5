import BraidCore
import BraidOperators

extension Sample {
    /// Orders, running sums and products, recurrences.
    static let sorting = [argSort] + cumulative + [linearRecurrence]

    private static let argSort = Sample(
        description: "argsort", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let shape = size == .large ? [60, 900] : generator.shape(1...3, size)
            let axis = generator.int(0...shape.rank - 1)
            let domain = Domain(low: -2, high: 2, specials: Domain.nonFinite + [0, -0.0])
            var input = generator.array(dtype, shape, domain, size)
            // Ties, whose order is kept.
            if dtype.isFloating, generator.oneIn(2) {
                input = HostArray(dtype, shape, input.reals.map { $0.rounded() })
            }
            // Few of a long line are selected, not sorted.
            let count: Int? = generator.oneIn(3) ? nil : generator.int(0...shape[axis])
            return OperatorCase(
                op: ArgSort(
                    axis: generator.oneIn(2) ? axis : axis - shape.rank,
                    isDescending: generator.oneIn(2),
                    count: size == .large ? generator.pick([nil, 5, 400]) : count),
                inputs: [input])
        },
        reference: { call in
            let (op, x) = ((call.op as? ArgSort)!, call.inputs[0])
            let axis = op.axis < 0 ? op.axis + x.shape.rank : op.axis
            let extent = x.shape[axis]
            var orders: [[Int]: [Int]] = [:]
            let type = TensorType(.i64, x.shape.replacing(axis, with: op.count ?? extent))
            return [
                HostArray(type) { index in
                    var line = index
                    line[axis] = 0
                    if orders[line] == nil {
                        let elements = (0..<extent).map { place in
                            line[axis] = place
                            return x[line]
                        }
                        line[axis] = 0
                        orders[line] = elements.order(isDescending: op.isDescending)
                    }
                    return .integer(Int128(orders[line]![index[axis]]))
                }
            ]
        },
        differentiableOrders: 0,
        refused: [
            RefusedCall(
                ArgSort(axis: 2), [TensorType(.f32, [2, 3])], mentions: ["axis 2", "[2, 3]"]),
            RefusedCall(
                ArgSort(axis: 1, count: 4), [TensorType(.f32, [2, 3])], mentions: ["4", "[2, 3]"]),
            RefusedCall(
                ArgSort(axis: 1, count: -1), [TensorType(.f32, [2, 3])],
                mentions: ["-1", "[2, 3]"]),
            RefusedCall(ArgSort(axis: 0), [TensorType(.f32, [])], mentions: ["axis 0", "[]"]),
        ])

    private static let cumulative = Cumulative.Function.allCases.map { function in
        Sample(
            description: "cumulative \(function)", dtypes: DType.arithmetic,
            make: { dtype, size, generator in
                let shape = size == .large ? [70, 80, 90] : generator.shape(1...3, size)
                let axis = size == .large ? 1 : generator.int(0...shape.rank - 1)
                // Near 1, so that hundreds of factors neither vanish nor overflow.
                let domain =
                    function == .sum
                    ? Domain(specials: []) : Domain(low: 0.8, high: 1.25, specials: [0])
                var input = generator.array(dtype, shape, domain, size)
                if size == .small, function == .product, dtype.isFloating, generator.oneIn(2) {
                    input.elements[generator.int(0...input.elements.count - 1)] = .real(0)
                }
                return OperatorCase(
                    op: Cumulative(
                        function, axis: generator.oneIn(2) ? axis : axis - shape.rank,
                        isExclusive: generator.oneIn(2), isReversed: generator.oneIn(2)),
                    inputs: [input], reductionLength: shape[axis])
            },
            reference: { call in
                let (op, x) = ((call.op as? Cumulative)!, call.inputs[0])
                return [
                    x.walked(along: op.axis, isReversed: op.isReversed) { index, _, before in
                        let old = before ?? (function == .sum ? x.zero : x.one)
                        let new: HostElement =
                            switch (old, x[index]) {
                            case (.real(let a), .real(let b)):
                                .real(function == .sum ? a + b : a * b)
                            case (let a, let b):
                                .integer(
                                    function == .sum
                                        ? a.integer &+ b.integer : a.integer &* b.integer)
                            }
                        return (written: op.isExclusive ? old : new, carried: new)
                    }
                ]
            },
            refused: [
                RefusedCall(
                    Cumulative(function, axis: -3), [TensorType(.f32, [2, 3])],
                    mentions: ["axis -3", "[2, 3]"]),
                RefusedCall(
                    Cumulative(function, axis: 0), [TensorType(.bool, [2, 3])],
                    mentions: ["bool[2, 3]"]),
            ])
    }

    private static let linearRecurrence = Sample(
        description: "linear_recurrence", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let shape = size == .large ? [70, 80, 90] : generator.shape(1...3, size)
            let axis = size == .large ? 1 : generator.int(0...shape.rank - 1)
            let factors = Domain(low: -0.9, high: 0.9, specials: [])
            return OperatorCase(
                op: LinearRecurrence(
                    axis: generator.oneIn(2) ? axis : axis - shape.rank,
                    isReversed: generator.oneIn(2)),
                inputs: [
                    generator.array(dtype, shape, factors, size),
                    generator.array(dtype, shape, Domain(specials: []), size),
                ], reductionLength: shape[axis])
        },
        reference: { call in
            let op = (call.op as? LinearRecurrence)!
            let (a, b) = (call.inputs[0], call.inputs[1])
            return [
                b.walked(along: op.axis, isReversed: op.isReversed) { index, _, before in
                    let value = HostElement.real(
                        (before.map { $0.real * a[index].real } ?? 0) + b[index].real)
                    return (written: value, carried: value)
                }
            ]
        },
        refused: [
            RefusedCall(
                LinearRecurrence(axis: 0, isReversed: false),
                [TensorType(.f32, [2]), TensorType(.f64, [2])], mentions: ["f32[2]", "f64[2]"]),
            RefusedCall(
                LinearRecurrence(axis: 0, isReversed: false),
                [TensorType(.f32, [2]), TensorType(.f32, [3])], mentions: ["[2]", "[3]"]),
            RefusedCall(
                LinearRecurrence(axis: 1, isReversed: false),
                [TensorType(.f32, [2]), TensorType(.f32, [2])], mentions: ["axis 1", "[2]"]),
        ])
}

extension [HostElement] {
    /// The positions in the order of the elements; equal ones keep theirs, NaN is largest.
    package func order(isDescending: Bool) -> [Int] {
        func isLess(_ a: Int, _ b: Int) -> Bool {
            if case .integer(let x) = self[a], case .integer(let y) = self[b] { return x < y }
            let (x, y) = (self[a].real, self[b].real)
            return y.isNaN ? !x.isNaN : x < y
        }
        return indices.sorted { a, b in
            let (first, second) = isDescending ? (b, a) : (a, b)
            return isLess(first, second) || (!isLess(second, first) && a < b)
        }
    }
}

extension HostArray {
    fileprivate var zero: HostElement { dtype.isFloating ? .real(0) : .integer(0) }
    fileprivate var one: HostElement { dtype.isFloating ? .real(1) : .integer(1) }

    /// What a function writes, at each index, of what it carried along an axis; nil at the start.
    fileprivate func walked(
        along axis: Int, isReversed: Bool,
        _ step: ([Int], Int, HostElement?) -> (written: HostElement, carried: HostElement)
    ) -> HostArray {
        let axis = axis < 0 ? axis + shape.rank : axis
        var result = self
        for line in HostArray.indices(of: shape.replacing(axis, with: Swift.min(1, shape[axis]))) {
            var carried: HostElement?
            let places = 0..<shape[axis]
            for place in isReversed ? places.reversed() : Array(places) {
                var index = line
                index[axis] = place
                let (written, next) = step(index, place, carried)
                result[index] = written
                carried = next
            }
        }
        return result
    }
}
