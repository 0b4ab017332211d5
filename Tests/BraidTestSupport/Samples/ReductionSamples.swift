import BraidCore
import BraidOperators

extension Sample {
    /// A row per reduction.
    static let reduction = Reduction.Function.allCases.map { function in
        let row = ReductionRow(function)
        return Sample(
            description: "reduction \(function)", dtypes: row.dtypes,
            make: { dtype, size, generator in
                var shape = generator.shape(0...4, size)
                var axes = generator.axes(of: shape)
                // Pieces are runs of results, so that a large call needs many of them.
                if size == .large { (shape, axes) = ([300, 20, 60], [generator.int(-3...2)]) }
                if !row.takesNone, shape.elementCount == 0 { shape = [3] }
                let isDistinct = size == .small && row.dependsOnOrder
                var input =
                    isDistinct
                    ? generator.distinctArray(dtype, shape, size)
                    : generator.array(dtype, shape, row.domain, size)
                if size == .small, function == .product, generator.oneIn(2) {
                    input.elements[generator.int(0...input.elements.count - 1)] =
                        dtype.isFloating ? .real(0) : .integer(0)
                }
                let op = Reduction(
                    function, axes: shape == [3] ? [-1] : axes, keepsDimensions: generator.oneIn(2))
                return OperatorCase(
                    op: op, inputs: [input],
                    reductionLength: max(
                        1, op.resolvedAxes(of: shape).map { shape[$0] }.reduce(1, *)))
            },
            reference: { call in
                let op = (call.op as? Reduction)!
                return [
                    reduce(
                        call.inputs[0], op.resolvedAxes(of: call.inputs[0].shape),
                        keepingDimensions: op.keepsDimensions, call.inputs[0].dtype, row.fold)
                ]
            },
            refused: [
                RefusedCall(
                    Reduction(function, axes: [2]), [TensorType(row.dtypes[0], [2, 3])],
                    name: "\(function)", mentions: ["2", "[2, 3]", "-2..<2"]),
                RefusedCall(
                    Reduction(function, axes: [1, -1]), [TensorType(row.dtypes[0], [2, 3])],
                    name: "\(function)", mentions: ["twice"]),
                RefusedCall(
                    Reduction(function, axes: [0]), [TensorType(row.dtypes[0], [])],
                    name: "\(function)", mentions: ["axis 0", "[]"]),
                RefusedCall(
                    Reduction(function), [TensorType(.f16, [2, 3])], name: "\(function)",
                    mentions: ["f16[2, 3]"]),
            ]
                + (row.takesNone
                    ? []
                    : [
                        RefusedCall(
                            Reduction(function, axes: [1]), [TensorType(.f32, [2, 0])],
                            name: "\(function)", mentions: ["[2, 0]"])
                    ]))
    }

    /// Sums and products of integers and truth values in 64 bits.
    static let wideReduction = [Reduction.Function.sum, .product].flatMap { function in
        [DType.i64, .u64].map { wide in
            let row = ReductionRow(function)
            return Sample(
                description: "reduction \(function) in \(wide)",
                dtypes: DType.allCases.filter { $0.isInteger || $0 == .bool },
                make: { dtype, size, generator in
                    var shape = generator.shape(0...4, size)
                    var axes = generator.axes(of: shape)
                    if size == .large { (shape, axes) = ([300, 20, 60], [generator.int(-3...2)]) }
                    let domain = dtype == .bool ? Domain(integers: 0...1) : row.domain
                    let op = Reduction(
                        function, axes: axes, keepsDimensions: generator.oneIn(2), dtype: wide)
                    return OperatorCase(
                        op: op, inputs: [generator.array(dtype, shape, domain, size)])
                },
                reference: { call in
                    let op = (call.op as? Reduction)!
                    return [
                        reduce(
                            call.inputs[0], op.resolvedAxes(of: call.inputs[0].shape),
                            keepingDimensions: op.keepsDimensions, wide, row.fold)
                    ]
                },
                differentiableOrders: 0,
                refused: [
                    RefusedCall(
                        Reduction(function, dtype: wide), [TensorType(.f32, [3])],
                        name: "\(function)", mentions: ["f32[3]", "\(wide)"]),
                    RefusedCall(
                        Reduction(function, dtype: .i32), [TensorType(.i8, [3])],
                        name: "\(function)", mentions: ["i8[3]", "i32"]),
                    RefusedCall(
                        Reduction(.maximum, dtype: wide), [TensorType(.i8, [3])], name: "maximum",
                        mentions: ["i8[3]", "\(wide)"]),
                ])
        }
    }

    /// The positions of extremes.
    static let argReduction = ArgReduction.Function.allCases.map { function in
        Sample(
            description: "arg_reduction \(function)", dtypes: DType.arithmetic,
            make: { dtype, size, generator in
                var shape = generator.shape(0...4, size)
                if shape.elementCount == 0 { shape = [5] }
                if size == .large { shape = [300, 20, 60] }
                let domain = Domain(low: -2, high: 2, integers: -4...4)
                let axis: Int? =
                    shape.rank == 0 || (size != .large && generator.oneIn(4))
                    ? nil : generator.int(-shape.rank...shape.rank - 1)
                return OperatorCase(
                    op: ArgReduction(function, axis: axis, keepsDimensions: generator.oneIn(2)),
                    inputs: [generator.array(dtype, shape, domain, size)])
            },
            reference: { call in
                let op = (call.op as? ArgReduction)!
                let input = call.inputs[0]
                let axes = op.axis.map { [$0 < 0 ? $0 + input.shape.rank : $0] }
                return [
                    reduce(
                        input, axes ?? Array(0..<input.shape.rank),
                        keepingDimensions: op.keepsDimensions, .i64
                    ) { .integer(Int128(function == .argmax ? $0.firstMaximum : $0.firstMinimum)) }
                ]
            },
            differentiableOrders: 0,
            refused: [
                RefusedCall(
                    ArgReduction(function, axis: -3), [TensorType(.f32, [2, 3])],
                    name: "\(function)", mentions: ["-3", "[2, 3]", "-2..<2"]),
                RefusedCall(
                    ArgReduction(function, axis: 0), [TensorType(.f32, [0, 3])],
                    name: "\(function)", mentions: ["[0, 3]"]),
                RefusedCall(
                    ArgReduction(function), [TensorType(.bool, [3])], name: "\(function)",
                    mentions: ["bool[3]"]),
            ])
    }
}

extension Reduction {
    fileprivate func resolvedAxes(of shape: Shape) -> [Int] {
        (axes ?? Array(0..<shape.rank)).map { $0 < 0 ? $0 + shape.rank : $0 }
    }
}

/// Applies a function to all elements that share an index outside `axes`, in row-major order.
private func reduce(
    _ input: HostArray, _ axes: [Int], keepingDimensions: Bool, _ dtype: DType,
    _ fold: ([HostElement]) -> HostElement
) -> HostArray {
    var groups: [[Int]: [HostElement]] = [:]
    for index in HostArray.indices(of: input.shape) {
        let kept = index.enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
        groups[kept, default: []].append(input[index])
    }
    let stretched = Shape(
        input.shape.extents.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
    let result = HostArray(TensorType(dtype, stretched)) { index in
        let value = fold(groups[index] ?? [])
        // The value of no element comes without a dtype.
        guard case .real(let number) = value, !dtype.isFloating else { return value }
        return .integer(Int128(number))
    }
    if keepingDimensions { return result }
    let kept = input.shape.extents.indices.filter { !axes.contains($0) }.map { input.shape[$0] }
    return result.reshaped(to: Shape(kept))
}

extension [HostElement] {
    /// NaN wins, then the largest; the first of equals.
    fileprivate var firstMaximum: Int {
        firstExtreme {
            $0 > $1
        } integers: {
            $0 > $1
        }
    }
    fileprivate var firstMinimum: Int {
        firstExtreme {
            $0 < $1
        } integers: {
            $0 < $1
        }
    }

    private func firstExtreme(
        _ precedes: (Double, Double) -> Bool, integers: (Int128, Int128) -> Bool
    ) -> Int {
        var best = 0
        for position in indices.dropFirst() {
            switch (self[position], self[best]) {
            case (.integer(let a), .integer(let b)): if integers(a, b) { best = position }
            case (let a, let b):
                if b.real.isNaN { return best }
                if a.real.isNaN || precedes(a.real, b.real) { best = position }
            }
        }
        return best
    }
}

/// A reduction as plain arithmetic.
private struct ReductionRow {
    var dtypes = DType.arithmetic
    var domain = Domain()
    /// Whether no element has a value.
    var takesNone = true
    /// Whether the slope jumps where elements are equal.
    var dependsOnOrder = false
    let fold: @Sendable ([HostElement]) -> HostElement

    init(_ function: Reduction.Function) {
        switch function {
        case .sum:
            domain.specials = Domain.nonFinite
            fold = { elements in elements.folded(0, { $0 + $1 }, { $0 &+ $1 }) }
        case .mean:
            domain.specials = Domain.nonFinite
            fold = { .real($0.map(\.real).reduce(0, +) / Double($0.count)) }
            dtypes = DType.computedFloating
        case .product:
            // Near 1, so that hundreds of factors neither vanish nor overflow.
            domain = Domain(low: 0.8, high: 1.25, specials: Domain.nonFinite + [0])
            fold = { elements in elements.folded(1, { $0 * $1 }, { $0 &* $1 }) }
        case .maximum:
            fold = { $0[$0.firstMaximum] }
            (takesNone, dependsOnOrder) = (false, true)
        case .minimum:
            fold = { $0[$0.firstMinimum] }
            (takesNone, dependsOnOrder) = (false, true)
        case .all:
            fold = { .integer($0.allSatisfy(\.isTrue) ? 1 : 0) }
            (dtypes, domain) = ([.bool], Domain(integers: 0...1))
        case .any:
            fold = { .integer($0.contains(where: \.isTrue) ? 1 : 0) }
            (dtypes, domain) = ([.bool], Domain(integers: 0...1))
        }
    }
}

extension [HostElement] {
    fileprivate func folded(
        _ start: Int, _ real: (Double, Double) -> Double, _ integer: (Int128, Int128) -> Int128
    ) -> HostElement {
        if case .integer = first {
            return .integer(map(\.integer).reduce(Int128(start), integer))
        }
        return .real(map(\.real).reduce(Double(start), real))
    }
}
