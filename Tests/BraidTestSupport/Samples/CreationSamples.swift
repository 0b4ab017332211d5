import BraidCore
import BraidOperators

extension Sample {
    /// Operators without operands; the row's dtype is the result's.
    static let creation = [
        Sample(
            description: "fill", dtypes: DType.allCases,
            make: { dtype, size, generator in
                let domain = dtype == .bool ? Domain(integers: 0...1) : Domain()
                let value = generator.array(dtype, [], domain, .small).reals[0]
                return OperatorCase(
                    op: Fill(generator.shape(0...4, size), dtype, value), inputs: [])
            },
            reference: { call in
                let op = (call.op as? Fill)!
                return [
                    HostArray(
                        op.dtype, op.shape,
                        [Double](repeating: op.value, count: op.shape.elementCount))
                ]
            },
            differentiableOrders: 0,
            refused: [
                RefusedCall(Fill([2], .i8, 300), [], mentions: ["300", "i8"]),
                RefusedCall(Fill([2], .bool, .nan), [], mentions: ["nan", "bool"]),
                RefusedCall(Fill([2], .u64, -1), [], mentions: ["-1", "u64"]),
            ]),
        Sample(
            description: "range", dtypes: DType.arithmetic,
            make: { dtype, size, generator in
                let step = dtype.isFloating ? generator.double(-2, 2) : Double(generator.int(0...1))
                let many =
                    dtype.isFloating ? 70_000 : Int(min(70_000, dtype.integerLimits.upperBound - 5))
                let op = ArithmeticSequence(
                    start: Double(generator.int(0...5)), step: step,
                    count: size == .large ? many : generator.int(0...40), dtype: dtype)
                return OperatorCase(op: op, inputs: [])
            },
            reference: { call in
                let op = (call.op as? ArithmeticSequence)!
                let elements = (0..<op.count).map { index -> HostElement in
                    let value = op.start + Double(index) * op.step
                    return op.dtype.isFloating ? .real(value) : .integer(Int128(value))
                }
                return [HostArray(TensorType(op.dtype, [op.count]), elements)]
            },
            differentiableOrders: 0, isSplit: false,
            refused: [
                RefusedCall(
                    ArithmeticSequence(start: 0, step: 1, count: -1, dtype: .f32), [],
                    mentions: ["-1"]),
                RefusedCall(
                    ArithmeticSequence(start: 0, step: 1, count: 2, dtype: .bool), [],
                    mentions: ["bool"]),
                RefusedCall(
                    ArithmeticSequence(start: 0, step: 100, count: 5, dtype: .i8), [],
                    mentions: ["step 100.0", "400", "i8"]),
                RefusedCall(
                    ArithmeticSequence(start: 3, step: -1, count: 5, dtype: .u64), [],
                    mentions: ["-1.0", "u64"]),
            ]),
    ]

    /// Conversions: a row per target dtype, varying the source's.
    static let cast =
        DType.allCases.map { target in
            Sample(
                description: "cast to \(target)", dtypes: DType.allCases,
                make: { dtype, size, generator in
                    let inputs = generator.operands(
                        1, dtype, [Domain(low: -200, high: 300, integers: -200...300)], size)
                    return OperatorCase(op: Cast(to: target), inputs: inputs)
                },
                reference: { [pointwise($0.inputs, target) { target.converted($0[0]) }] },
                // Through 16-bit types a difference quotient sees steps.
                differentiableOrders: target == .f64 ? 2 : 0)
        } + [
            Sample(
                description: "copy", dtypes: DType.allCases,
                make: { dtype, size, generator in
                    OperatorCase(op: Copy(), inputs: generator.operands(1, dtype, [Domain()], size))
                },
                reference: { $0.inputs })
        ]
}

extension DType {
    /// An element of any dtype as one of this dtype: truncated and limited from floating-point types,
    /// wrapped from integers, through f32 to the 16-bit floating-point types.
    fileprivate func converted(_ element: HostElement) -> HostElement {
        switch (element, self) {
        case (.real(let value), .bool): return .integer(value == 0 ? 0 : 1)
        case (_, .f16), (_, .bf16): return .real(Double(Float(element.real)))
        case (.real, .f32), (.real, .f64): return element
        case (.integer(let value), .f32): return .real(Double(Float(value)))
        case (.integer(let value), .f64): return .real(Double(value))
        case (.real(let value), _):
            if value.isNaN { return .integer(0) }
            let limits = integerLimits
            if value <= Double(limits.lowerBound) { return .integer(limits.lowerBound) }
            if value >= Double(limits.upperBound) { return .integer(limits.upperBound) }
            return .integer(Int128(value))
        case (.integer, _): return element
        }
    }
}
