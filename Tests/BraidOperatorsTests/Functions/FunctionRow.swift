import BraidCore
import BraidOperators
import BraidTestSupport
import Testing

/// A user function that is made of several operators, with random operands and a plain reference.
struct FunctionRow: Sendable, CustomStringConvertible {
    let description: String
    /// The dtypes of the operands that have no dtype of their own.
    var dtypes: [DType] = DType.computedFloating
    let operands: @Sendable (DType, CaseSize, inout SeededGenerator) -> [HostArray]
    let function: @Sendable ([Symbol]) -> Symbol
    /// The exact result.
    let reference: @Sendable ([HostArray]) -> HostArray
    /// Up to which order derivatives are compared with central differences.
    var differentiableOrders = 2
    /// How many rounded terms one element of the result sums up.
    var reductionLength = 1

    /// A row whose operands are arrays of given shapes.
    init(
        _ description: String, _ shapes: [Shape], dtypes: [DType] = DType.computedFloating,
        domain: Domain = Domain(specials: []), differentiableOrders: Int = 2,
        reductionLength: Int = 1, _ function: @escaping @Sendable ([Symbol]) -> Symbol,
        reference: @escaping @Sendable ([HostArray]) -> HostArray
    ) {
        self.init(
            description: description, dtypes: dtypes,
            operands: { dtype, size, generator in
                shapes.map { generator.array(dtype, $0, domain, size) }
            },
            function: function, reference: reference, differentiableOrders: differentiableOrders,
            reductionLength: reductionLength)
    }

    init(
        description: String, dtypes: [DType] = DType.computedFloating,
        operands: @escaping @Sendable (DType, CaseSize, inout SeededGenerator) -> [HostArray],
        function: @escaping @Sendable ([Symbol]) -> Symbol,
        reference: @escaping @Sendable ([HostArray]) -> HostArray, differentiableOrders: Int = 2,
        reductionLength: Int = 1
    ) {
        self.description = description
        self.dtypes = dtypes
        self.operands = operands
        self.function = function
        self.reference = reference
        self.differentiableOrders = differentiableOrders
        self.reductionLength = reductionLength
    }

    /// Values in all dtypes and derivatives in f64.
    func check() {
        for dtype in dtypes {
            Seeds.repeated(4) { generator in
                let values = operands(dtype, .any, &generator)
                let inputs = values.map { Symbol.variable("x", $0.dtype, $0.shape) }
                let output = try GraphEvaluator([function(inputs)])(Array(zip(inputs, values)))[0]
                let difference = output.difference(
                    from: reference(values), reductionLength: reductionLength)
                #expect(difference == nil, "\(description) of \(values.map(\.type))")
            }
        }
        if !dtypes.contains(.f64) || differentiableOrders == 0 { return }
        Seeds.repeated(3) { generator in
            let values = operands(.f64, .small, &generator)
            try checkGradients(
                of: { [function($0)] }, at: values,
                positions: values.indices.filter { values[$0].dtype == .f64 },
                orders: differentiableOrders, reductionLength: reductionLength,
                summary: description, &generator)
        }
    }
}

/// A call that is a mistake, and what its message must mention.
struct Mistake: Sendable {
    let mentions: [String]
    let call: @Sendable () -> Void

    init(_ mentions: [String], _ call: @escaping @Sendable () -> Symbol) {
        self.mentions = mentions
        self.call = { _ = call() }
    }

    func check() {
        let error = #expect(throws: ArrayError.self) { try validating(call) }
        for part in mentions {
            #expect(
                error?.description.contains(part) == true,
                "'\(String(describing: error))' does not mention \(part)")
        }
    }
}
