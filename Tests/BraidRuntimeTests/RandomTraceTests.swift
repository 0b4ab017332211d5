import Braid
import BraidTestSupport
import Testing

/// Random graphs of the whole catalogue as array code: plain, traced without passes, with each pass
/// alone and with all, they give the same bits, values and gradients.
@Suite(.printsSeed) struct RandomTraceTests {
    private static let variants: [(name: String, options: HybridOptions)] = {
        let names = Set(OptimizationPipeline.passNames)
        func options(_ disabled: Set<String>) -> HybridOptions {
            HybridOptions(
                optimization: OptimizationOptions(disabling: disabled, verifying: true))
        }
        return [("no pass", options(names)), ("all passes", options([]))]
            + OptimizationPipeline.passNames.map { ($0, options(names.subtracting([$0]))) }
    }()

    @Test func values() {
        var drawn: Set<String> = []
        var repetitions = 0
        Seeds.repeated(150) { generator in
            let random = RandomGraph(generator.int(1...16), hasGradients: false, &generator)
            drawn.formUnion(random.drawn)
            repetitions += 1
            let arguments = try random.arguments.map { try NDArray($0) }
            let expected = try random.graph.evaluated(random.arguments).map(\.bytes)
            func check(_ name: String, _ outputs: [NDArray]) throws {
                #expect(try outputs.map { try $0.bytes() } == expected, "\(name)")
            }
            try check("plain", random.graph.applied(to: arguments))
            let compiled = random.graph.compiled(
                options: OptimizationOptions(verifying: true))
            for _ in 0..<2 { try check("compiled", compiled(arguments)) }
            for (name, options) in Self.variants {
                let fast = hybridize(options: options) { random.graph.applied(to: $0) }
                for _ in 0..<2 { try check(name, fast(arguments)) }
                #expect(fast.traceCount == 1)
            }
        }
        for type in Catalog.operators where repetitions > 1 {
            #expect(drawn.contains(type.name), "no graph has the operator \(type.name)")
        }
    }

    /// Floating-point arguments are parameters, with a random mode each; two calls before one backward,
    /// twice, so that gradients are added to.
    @Test func gradients() {
        Seeds.repeated(100) { generator in
            let random = RandomGraph(generator.int(1...10), hasGradients: false, &generator)
            let arguments = try random.arguments.map { try NDArray($0) }
            let parameters = arguments.map { $0.dtype.isComputedFloating ? Parameter($0) : nil }
            let modes = arguments.map { _ in
                generator.pick([Parameter.GradientMode.write, .add, .none])
            }
            let graph = random.graph
            // The sum of everything that gradients can flow from, parameters included, so that it is
            // recorded whatever the graph does.
            let body: @Sendable ([NDArray]) -> NDArray = { arguments in
                let inputs = zip(parameters, arguments).map { $0?.wrappedValue ?? $1 }
                return (inputs + graph.applied(to: inputs)).filter(\.dtype.isComputedFloating)
                    .map { $0.sum().cast(to: .f64) }.reduce(.ones([], dtype: .f64)) { $0 + $1 }
            }
            func run(_ function: ([NDArray]) -> NDArray) throws -> [[UInt8]] {
                for (parameter, mode) in zip(parameters, modes) {
                    parameter?.gradient = nil
                    parameter?.gradientMode = mode
                }
                var bytes: [[UInt8]] = []
                for _ in 0..<2 {
                    let loss = Autograd.record { function(arguments) + function(arguments) * 2 }
                    bytes.append(try loss.bytes())
                    if loss.isRecorded { loss.backward() }
                    bytes += try parameters.map { try $0?.gradient?.bytes() ?? [] }
                }
                return bytes
            }
            let expected = try run(body)
            for (name, options) in Self.variants {
                let forward = hybridize(options: options, body)
                let found = try run { forward($0) }
                let difference = found.indices.first { found[$0] != expected[$0] }
                #expect(difference == nil, "\(name) of \(arguments.count) arguments")
            }
        }
    }
}

extension NDArray {
    fileprivate init(_ constant: Graph.Constant) throws(ArrayError) {
        try self.init(constant.type) { $0.copyBytes(from: constant.bytes) }
    }

    fileprivate func bytes() throws -> [UInt8] { try withBytes { Array($0) } }

    /// Whether the value depends on a parameter.
    fileprivate var isRecorded: Bool { body.tape != nil }
}
