import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// A function at places where a careless derivative is NaN: zeros, ties, infinities, NaN, nothing, with what
/// value and derivatives are there.
struct EdgeRow: Sendable, CustomTestStringConvertible {
    /// What is differentiated: the name of an operator or a function, and of the place.
    let testDescription: String
    /// Floating-point operands, `nil` shapes for rows of numbers, and integer ones.
    let operands: [Operand]
    let function: @Sendable ([Symbol]) -> Symbol
    /// The elements of the result.
    let value: [Double]
    /// For each floating-point operand the gradient of the sum of the result.
    let slopes: [[Double]]
    /// For each floating-point operand the gradient by it of the sum of its own slopes; nil where that is
    /// no number and means nothing.
    let curvatures: [[Double]?]

    struct Operand: Sendable {
        let shape: Shape
        let elements: [Double]
        /// The dtype, if it is not that of the row.
        let dtype: DType?

        init(_ elements: [Double], _ shape: Shape? = nil, dtype: DType? = nil) {
            self.shape = shape ?? [elements.count]
            self.elements = elements
            self.dtype = dtype
        }

        func array(_ dtype: DType) -> HostArray { HostArray(self.dtype ?? dtype, shape, elements) }
    }

    init(
        _ description: String, _ operands: [Operand], value: [Double], slopes: [[Double]],
        curvatures: [[Double]?], _ function: @escaping @Sendable ([Symbol]) -> Symbol
    ) {
        testDescription = description
        self.operands = operands
        self.function = function
        self.value = value
        self.slopes = slopes
        self.curvatures = curvatures
    }

    /// A row of one operand.
    init(
        _ description: String, _ x: [Double], _ shape: Shape? = nil, value: [Double],
        slope: [Double], curvature: [Double]?, _ function: @escaping @Sendable (Symbol) -> Symbol
    ) {
        self.init(
            description, [Operand(x, shape)], value: value, slopes: [slope],
            curvatures: [curvature]
        ) { function($0[0]) }
    }

    /// Symbols of the result, the slopes and the curvatures, by variables.
    struct Derivatives {
        let variables: [Symbol]
        let value: Symbol
        /// One per floating-point operand; nil where nothing flows.
        let slopes: [Symbol?]
        let curvatures: [Symbol?]

        var all: [Symbol] { [value] + (slopes + curvatures).compactMap(\.self) }
    }

    func derivatives(_ dtype: DType) -> Derivatives {
        let variables = operands.map { Symbol.variable("x", $0.dtype ?? dtype, $0.shape) }
        let floating = variables.filter(\.dtype.isFloating)
        let value = function(variables)
        func slopes(of output: Symbol, at inputs: [Symbol]) -> [Symbol?] {
            guard output.dtype.isFloating else { return inputs.map { _ in nil } }
            return gradients(
                of: [output], cotangents: [.ones(output.shape, dtype: output.dtype)], at: inputs)
        }
        let first = slopes(of: value, at: floating)
        let second = zip(first, floating).map { slope, x in
            slope.flatMap { slopes(of: $0, at: [x])[0] }
        }
        return Derivatives(variables: variables, value: value, slopes: first, curvatures: second)
    }

    /// Compares values and derivatives in f32 and f64, and those of the optimised graph bit for bit.
    func check() throws {
        for dtype in DType.computedFloating { try check(dtype) }
    }

    private func check(_ dtype: DType) throws {
        let symbols = derivatives(dtype)
        let arrays = operands.map { $0.array(dtype) }
        let graph = Graph(
            computing: symbols.all, from: symbols.variables,
            names: symbols.variables.indices.map { "x\($0)" })
        let arguments = arrays.map(\.constant)
        let found = try graph.evaluated(arguments)
        let optimized = try OptimizationPipeline(.init(verifying: true)).run(on: graph).graph
        #expect(
            try optimized.evaluated(arguments) == found, "\(testDescription): fused bits differ")

        var rest = found.map(\.array.reals)[...]
        compare(rest.removeFirst(), value, dtype, "value")
        for (symbol, expected) in zip(symbols.slopes, slopes) {
            compare(
                symbol == nil ? expected.map { _ in 0 } : rest.removeFirst(), expected, dtype,
                "slope")
        }
        for (symbol, expected) in zip(symbols.curvatures, curvatures) {
            let found = symbol == nil ? nil : rest.removeFirst()
            guard let expected else { continue }
            compare(found ?? expected.map { _ in 0 }, expected, dtype, "curvature")
        }
        #expect(symbols.slopes.count == slopes.count && slopes.count == curvatures.count)
    }

    private func compare(_ found: [Double], _ expected: [Double], _ dtype: DType, _ what: String) {
        let isEqual =
            found.count == expected.count
            && zip(found, expected).allSatisfy { found, expected in
                if expected.isNaN || found.isNaN { return expected.isNaN && found.isNaN }
                if expected.isInfinite || found.isInfinite { return found == expected }
                let tolerance = dtype == .f64 ? 1e-12 : 4e-6
                return abs(found - expected) <= tolerance * max(1, abs(expected))
            }
        #expect(
            isEqual,
            "\(testDescription), \(dtype): \(what) is \(found), not \(expected)")
    }
}
