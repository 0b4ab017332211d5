import BraidCore
import BraidOperators

extension Sample {
    /// A row per comparison, of arrays and with a scalar.
    static let comparison =
        Comparison.Function.allCases.map { function in
            let takesBool = function == .equal || function == .notEqual
            return Sample(
                description: "comparison \(function)",
                dtypes: DType.arithmetic + (takesBool ? [.bool] : []),
                make: { dtype, size, generator in
                    // A few values only, so that many elements are equal.
                    let domain = Domain(low: -1, high: 1, integers: -2...2)
                    var inputs = generator.operands(2, dtype, [domain], size)
                    if dtype.isFloating, generator.oneIn(2) {
                        inputs = inputs.map { input in
                            HostArray(dtype, input.shape, input.reals.map { $0.rounded() })
                        }
                    }
                    return OperatorCase(op: Comparison(function), inputs: inputs)
                },
                reference: { [pointwise($0.inputs, .bool) { function.holds($0[0], $0[1]) }] },
                differentiableOrders: 0,
                refused: [
                    RefusedCall(
                        Comparison(function), [TensorType(.f32, [2]), TensorType(.i32, [2])],
                        mentions: ["f32[2]", "i32[2]"]),
                    RefusedCall(
                        Comparison(function), [TensorType(.f32, [2, 3]), TensorType(.f32, [4])],
                        mentions: ["[2, 3]", "[4]"]),
                    RefusedCall(
                        Comparison(function), [TensorType(.f16, [2]), TensorType(.f16, [2])],
                        mentions: ["f16[2]"]),
                ])
        }
        + Comparison.Function.allCases.map { function in
            Sample(
                description: "comparison_scalar \(function)", dtypes: DType.arithmetic,
                make: { dtype, size, generator in
                    let domain = Domain(low: -1, high: 1, integers: -2...2)
                    let scalar = generator.array(dtype, [], domain, .small).reals[0]
                    let inputs = generator.operands(1, dtype, [domain], size)
                    return OperatorCase(op: ComparisonScalar(function, scalar), inputs: inputs)
                },
                reference: { call in
                    let scalar = HostArray(
                        call.inputs[0].dtype, [], [(call.op as? ComparisonScalar)!.scalar])
                    return [
                        pointwise([call.inputs[0], scalar], .bool) { function.holds($0[0], $0[1]) }
                    ]
                },
                differentiableOrders: 0,
                refused: [
                    RefusedCall(
                        ComparisonScalar(function, 1.5), [TensorType(.i64, [2])],
                        mentions: ["1.5", "i64"])
                ])
        }

    /// A row per function of truth values and bits, and the test for NaN.
    static let truth =
        Logical.Function.allCases.map { function in
            let count = function == .not ? 1 : 2
            return Sample(
                description: "logical \(function)",
                dtypes: DType.allCases.filter { !$0.isFloating },
                make: { dtype, size, generator in
                    let domain = Domain(specials: [1], integers: -9...9)
                    return OperatorCase(
                        op: Logical(function),
                        inputs: generator.operands(count, dtype, [domain], size))
                },
                reference: { call in
                    [
                        pointwise(call.inputs, call.inputs[0].dtype) { elements in
                            let (a, b) = (elements[0].integer, elements[count - 1].integer)
                            let isBool = call.inputs[0].dtype == .bool
                            let result: Int128 =
                                switch function {
                                case .and: a & b
                                case .or: a | b
                                case .exclusiveOr: a ^ b
                                case .not: isBool ? 1 - a : ~a
                                }
                            return .integer(result)
                        }
                    ]
                },
                differentiableOrders: 0,
                refused: [
                    RefusedCall(
                        Logical(function), (0..<count).map { _ in TensorType(.f32, [2]) },
                        mentions: ["f32[2]"]),
                    RefusedCall(
                        Logical(function), (0...count).map { _ in TensorType(.bool, [2]) },
                        mentions: ["\(count)", "\(count + 1)"]),
                ])
        } + [
            Sample(
                description: "is_nan", dtypes: DType.computedFloating,
                make: { dtype, size, generator in
                    OperatorCase(
                        op: IsNaN(), inputs: generator.operands(1, dtype, [Domain()], size))
                },
                reference: { [pointwise($0.inputs, .bool) { .integer($0[0].real.isNaN ? 1 : 0) }] },
                differentiableOrders: 0,
                refused: [
                    RefusedCall(IsNaN(), [TensorType(.i32, [2])], mentions: ["i32[2]"])
                ])
        ]

    /// The choice between two operands.
    static let select = Sample(
        description: "select", dtypes: DType.allCases,
        make: { dtype, size, generator in
            let condition = Domain(specials: [], integers: 0...1)
            let shape = generator.shape(0...3, size)
            let values = [0, 1].map { _ in
                generator.array(dtype, generator.broadcastable(to: shape), Domain(), size)
            }
            return OperatorCase(
                op: Select(), inputs: [generator.array(.bool, shape, condition, size)] + values)
        },
        reference: { call in
            [pointwise(call.inputs, call.inputs[1].dtype) { $0[0].isTrue ? $0[1] : $0[2] }]
        },
        refused: [
            RefusedCall(
                Select(), [.f32, .f32, .f32].map { TensorType($0, [2]) }, mentions: ["f32[2]"]),
            RefusedCall(
                Select(), [.bool, .f32, .f64].map { TensorType($0, [2]) },
                mentions: ["f32[2]", "f64[2]"]),
            RefusedCall(
                Select(),
                [TensorType(.bool, [3]), TensorType(.f32, [2]), TensorType(.f32, [2])],
                mentions: ["[3]", "[2]"]),
        ])
}

extension Sample {
    static let productSum = Sample(
        description: "product_sum", dtypes: DType.arithmetic,
        make: { dtype, size, generator in
            OperatorCase(
                op: ProductSum(),
                inputs: generator.operands(3, dtype, [Domain(specials: Domain.nonFinite)], size),
                reductionLength: 10)
        },
        reference: { call in
            [
                pointwise(call.inputs, call.inputs[0].dtype) { elements in
                    if case .integer = elements[0] {
                        return .integer(
                            elements[0].integer * elements[1].integer + elements[2].integer)
                    }
                    return .real(
                        elements[2].real.addingProduct(elements[0].real, elements[1].real))
                }
            ]
        },
        refused: [
            RefusedCall(
                ProductSum(), [.bool, .bool, .bool].map { TensorType($0, [2]) },
                mentions: ["numbers", "bool[2]"]),
            RefusedCall(
                ProductSum(), [.f32, .f32, .f64].map { TensorType($0, [2]) },
                mentions: ["f32[2]", "f64[2]"]),
            RefusedCall(
                ProductSum(),
                [TensorType(.f32, [3]), TensorType(.f32, [3]), TensorType(.f32, [2])],
                mentions: ["[3]", "[2]"]),
        ])
}

extension Comparison.Function {
    /// Whether the comparison holds for two elements.
    fileprivate func holds(_ a: HostElement, _ b: HostElement) -> HostElement {
        func compare<T: Comparable>(_ a: T, _ b: T) -> Bool {
            switch self {
            case .equal: a == b
            case .notEqual: a != b
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            }
        }
        let result =
            if case .integer = a { compare(a.integer, b.integer) } else { compare(a.real, b.real) }
        return .integer(result ? 1 : 0)
    }
}
