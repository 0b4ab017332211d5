import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Derivatives against central differences in f64, with random cotangents.
@Suite(.printsSeed) struct GradientTests {
    @Test(arguments: Sample.all.filter { $0.dtypes.contains(.f64) && $0.differentiableOrders > 0 })
    func derivativesEqualDifferences(_ sample: Sample) throws {
        Seeds.repeated(12) { generator in
            let call = sample.make(.f64, .small, &generator)
            try checkGradients(
                of: { applied(call.op, $0) }, at: call.inputs,
                positions: call.inputs.indices.filter { call.inputs[$0].dtype == .f64 },
                orders: sample.differentiableOrders, reductionLength: call.reductionLength,
                summary: call.summary, &generator)
        }
    }

    @Test(arguments: Sample.all) func traitsSayWhatIsDifferentiable(_ sample: Sample) throws {
        guard let dtype = sample.dtypes.first else { return }
        var generator = SeededGenerator(seed: 2)
        let call = sample.make(
            sample.dtypes.contains(.f64) ? .f64 : dtype, .small, &generator)
        let inputs = call.inputs.map { Symbol.variable("x", $0.dtype, $0.shape) }
        let outputs = applied(call.op, inputs)
        if type(of: call.op).traits.contains(.notDifferentiable) {
            let flowing = call.op.gradient(
                GradientContext(
                    inputs: inputs, outputs: outputs, cotangents: outputs.map(Optional.some)))
            #expect(flowing.allSatisfy { $0 == nil } && flowing.count == inputs.count)
        }
        if sample.differentiableOrders > 0, sample.dtypes.contains(.f64) {
            #expect(!type(of: call.op).traits.contains(.notDifferentiable))
        }
    }

    /// A tape drops forward values that `gradientNeeds` does not name: a rule must not read them.
    @Test(arguments: Sample.all.filter { $0.dtypes.contains(.f64) })
    func rulesReadOnlyWhatTheyName(_ sample: Sample) throws {
        Seeds.repeated(3) { generator in
            let call = sample.make(.f64, .small, &generator)
            let inputs = call.inputs.map { Symbol.variable("x", $0.dtype, $0.shape) }
            let types = call.inputs.map(\.type)
            let outputTypes = try call.op.outputs(for: types.span)
            let outputs = outputTypes.map { Symbol.variable("y", $0.dtype, $0.shape) }
            let cotangents = outputTypes.map { Symbol.variable("dy", $0.dtype, $0.shape) }
            let flowing = call.op.gradient(
                GradientContext(inputs: inputs, outputs: outputs, cotangents: cotangents))
            #expect(flowing.count == inputs.count)
            for (input, cotangent) in zip(inputs, flowing) {
                if let cotangent { #expect(cotangent.type == input.type, "\(call.summary)") }
            }
            let read = TopologicalOrder(of: flowing.compactMap(\.self)).nodes
            func reads(_ symbols: [Symbol]) -> Bool {
                symbols.contains { symbol in read.contains { $0 === symbol.node } }
            }
            let needs = call.op.gradientNeeds
            #expect(needs.contains(.inputs) || !reads(inputs), "\(call.summary) reads inputs")
            #expect(needs.contains(.outputs) || !reads(outputs), "\(call.summary) reads outputs")
        }
    }
}

/// Applies an operator of any type to symbols.
func applied(_ op: any Operator, _ inputs: [Symbol]) -> [Symbol] {
    func apply<O: Operator>(_ op: O) -> [Symbol] { Symbol.applyAll(op, to: inputs) }
    return apply(op)
}

/// Compares the gradients of a function of symbols with central differences; then, for higher
/// orders, those of the gradients as functions of the inputs and of the cotangents.
func checkGradients(
    of function: @escaping ([Symbol]) -> [Symbol], at values: [HostArray], positions: [Int],
    orders: Int, reductionLength: Int, summary: String, _ generator: inout SeededGenerator
) throws {
    let inputs = values.map { Symbol.variable("x", $0.dtype, $0.shape) }
    let outputs = function(inputs).filter { $0.dtype == .f64 }
    if outputs.isEmpty || positions.isEmpty { return }
    let cotangents = outputs.map {
        generator.array(.f64, $0.shape, Domain(low: -1, high: 1), .small)
    }
    let seeds = cotangents.map { Symbol.variable("dy", .f64, $0.shape) }
    let flowing = gradients(of: outputs, cotangents: seeds, at: positions.map { inputs[$0] })

    let evaluate = GraphEvaluator(outputs)
    let expected = try numericalGradients(
        of: { try evaluate(Array(zip(inputs, $0))) }, at: values, positions: positions,
        cotangents: cotangents)
    let present = flowing.compactMap(\.self)
    var computed = try GraphEvaluator(present)(Array(zip(inputs + seeds, values + cotangents)))[...]
    for (position, expected) in zip(flowing.indices, expected) {
        let zeros = [Double](repeating: 0, count: expected.elements.count)
        let gradient =
            flowing[position] == nil
            ? HostArray(.f64, expected.shape, zeros) : computed.removeFirst()
        let difference = gradient.difference(
            from: expected, reductionLength: reductionLength, byCentralDifferences: true)
        #expect(difference == nil, "input \(positions[position]) of \(summary)")
    }
    if orders <= 1 { return }
    try checkGradients(
        of: { symbols in
            let (inputs, seeds) = (Array(symbols[..<values.count]), Array(symbols[values.count...]))
            let outputs = function(inputs).filter { $0.dtype == .f64 }
            return gradients(of: outputs, cotangents: seeds, at: positions.map { inputs[$0] })
                .compactMap(\.self)
        },
        at: values + cotangents,
        positions: positions + cotangents.indices.map { $0 + values.count }, orders: orders - 1,
        reductionLength: reductionLength, summary: "the gradient of \(summary)", &generator)
}
