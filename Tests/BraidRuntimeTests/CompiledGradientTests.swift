import Braid
import BraidTestSupport
import Testing

/// Gradients of records that come again run as compiled graphs, with the same bits.
///
/// Runs alone: it counts what the process compiles.
@Suite(.serialized, .printsSeed) struct CompiledGradientTests {
    /// Bits of gradients at several parameters.
    private typealias Bits = [[UInt64]]

    /// Gradients of `loss`, recorded anew each time.
    private func gradients(
        _ weights: [Parameter], seed: NDArray? = nil, _ loss: ([NDArray]) -> NDArray
    ) throws -> Bits {
        let value = Autograd.record { loss(weights.map(\.wrappedValue)) }
        value.backward(seed: seed)
        return try weights.map { weight in
            try weight.gradient.map { try $0.scalars(as: Double.self).map(\.bitPattern) } ?? []
        }
    }

    private func parameters(_ shapes: [Shape], seed: UInt64) -> [Parameter] {
        var generator = SeededGenerator(seed: seed)
        return shapes.map { shape in
            Parameter(
                NDArray(
                    (0..<shape.elementCount).map { _ in Double.random(in: -2...2, using: &generator)
                    },
                    shape: shape))
        }
    }

    private func compilations(_ body: () throws -> Void) rethrows -> Int {
        let before = Autograd.compiledGradientCount
        try body()
        return Autograd.compiledGradientCount - before
    }

    /// Programs that save, view, broadcast and reduce values in different ways.
    private static let programs: [(name: String, loss: @Sendable ([NDArray]) -> NDArray)] = [
        ("pointwise", { ($0[0] * $0[0].tanh() + $0[0].exp() / 3).sum() }),
        (
            "layers",
            { (($0[0].matmul($0[1]) + $0[2]).relu().matmul($0[1].transposed())).square().mean() }
        ),
        ("transposed", { $0[0].transposed().exp().matmul($0[0]).tanh().sum() }),
        ("sliced", { ($0[0][1] * $0[0][0].sigmoid()).sum() + $0[1][..<2].square().sum() }),
        (
            "softmax",
            { softmaxCrossEntropy($0[0].matmul($0[1]), NDArray([Int64(1), 0, 2, 1])).mean() }
        ),
        ("shared", { $0[0].sum() + ($0[0] + $0[0]).sum() + $0[2].sum() * 2 }),
        ("constant", { _ in NDArray([1, 2] as [Double]).sum() }),
    ]

    @Test(arguments: programs.indices)
    func compiledGradientsHaveTheBitsOfTheOperators(_ index: Int) throws {
        let program = Self.programs[index]
        let weights = parameters([[4, 3], [3, 3], [3]], seed: 7)
        guard program.name != "constant" else { return }
        var results: [Bits] = []
        let count = try compilations {
            for _ in 0..<4 { results.append(try gradients(weights, program.loss)) }
        }
        // The first ran job by job.
        #expect(count == 1)
        #expect(results.allSatisfy { $0 == results[0] }, "\(program.name)")
        #expect(results[0][0].contains { $0 != 0 })
    }

    @Test func aProgramThatChangesCompilesNothing() throws {
        let x = parameters([[5]], seed: 1)
        let attributes = try compilations {
            for step in 1...20 {
                let found = try gradients(x) { ($0[0] * Double(step)).sum() }
                #expect(
                    found[0].map(Double.init(bitPattern:))
                        == Array(repeating: Double(step), count: 5))
            }
        }
        #expect(attributes == 0)
        let shapes = try compilations {
            for count in 20..<40 {
                let ones = NDArray.ones([count, 1], dtype: .f64)
                let found = try gradients(x) { ($0[0] * ones).sum() }
                #expect(
                    found[0].map(Double.init(bitPattern:))
                        == Array(repeating: Double(count), count: 5))
            }
        }
        #expect(shapes == 0)
    }

    @Test func alternatingStructuresCompileOnceEach() throws {
        let x = parameters([[6]], seed: 2)
        let count = try compilations {
            for _ in 0..<5 {
                for depth in 1...6 {
                    let found = try gradients(x) { arrays in
                        var y = arrays[0]
                        for _ in 0..<depth { y = y * 1.5 }
                        return y.sum()
                    }
                    var expected = 1.0
                    for _ in 0..<depth { expected *= 1.5 }
                    #expect(found[0].allSatisfy { $0 == expected.bitPattern })
                }
            }
        }
        #expect(count == 6)
    }

    @Test func modesSeedsAndRetainedRecords() throws {
        let (a, b) = (parameters([[3]], seed: 3)[0], parameters([[3]], seed: 4)[0])
        let y = try b.wrappedValue.scalars(as: Double.self)
        func run(_ seed: NDArray?, retaining: Bool) {
            let value = Autograd.record { (a.wrappedValue * b.wrappedValue).cosineOrSame() }
            value.backward(seed: seed, retaining: retaining)
            if retaining { value.backward(seed: seed) }
        }
        for _ in 0..<4 {
            a.gradientMode = .write
            run(nil, retaining: false)
            #expect(try a.gradient!.scalars(as: Double.self) == y)
            run(NDArray([1, 10, 100] as [Double]), retaining: true)
            #expect(try a.gradient!.scalars(as: Double.self) == [y[0], 10 * y[1], 100 * y[2]])
            a.gradientMode = .add
            run(nil, retaining: true)
            let sum = [y[0] + 2 * y[0], 10 * y[1] + 2 * y[1], 100 * y[2] + 2 * y[2]]
            for (found, wanted) in zip(try a.gradient!.scalars(as: Double.self), sum) {
                #expect(abs(found - wanted) < 1e-12)
            }
            let before = try a.gradient!.scalars(as: Double.self)
            a.gradientMode = .none
            run(nil, retaining: false)
            #expect(try a.gradient!.scalars(as: Double.self) == before)
        }
    }

    @Test func gradientsOfGradientsAreRecorded() throws {
        let x = NDArray([1, -2, 3] as [Double])
        let weight = Parameter(x)
        for _ in 0..<4 {
            let second = gradient(at: x) { gradient(at: $0) { ($0 * $0 * $0).sum() } }
            #expect(try second.scalars(as: Double.self) == [6, -12, 18])
            let loss = Autograd.record {
                gradient(at: weight.wrappedValue) { ($0 * $0 * $0).sum() }.sum()
            }
            loss.backward()
            #expect(try weight.gradient!.scalars(as: Double.self) == [6, -12, 18])
        }
    }

    /// A closure may do something else each time.
    @Test func customFunctionsAreNotKept() throws {
        let weight = Parameter(NDArray([1, 2] as [Double]))
        var results: [[Double]] = []
        let count = try compilations {
            for factor in [2.0, 2, 2, 5] {
                let outputs = Autograd.record {
                    Autograd.custom([weight.wrappedValue]) {
                        [$0[0] * 1]
                    } backward: {
                        [$2[0] * factor]
                    }
                }
                outputs[0].backward()
                results.append(try weight.gradient!.scalars(as: Double.self))
            }
        }
        #expect(results == [[2, 2], [2, 2], [2, 2], [5, 5]])
        #expect(count == 0)
    }

    @Test func callsOfHybridFunctionsAreCompiledBackward() throws {
        let weight = Parameter(NDArray([1, 2, 3] as [Double]))
        let fast = hybridize { (x: NDArray) in (x * weight.wrappedValue).tanh() }
        let x = NDArray([0.5, 0.25, -1] as [Double])
        var results: [[Double]] = []
        let count = try compilations {
            for _ in 0..<4 {
                Autograd.record { fast(x).sum() }.backward()
                results.append(try weight.gradient!.scalars(as: Double.self))
            }
        }
        #expect(count == 1)
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test func manyTasksShareOneGraph() async {
        let expected = (0..<64).map { 2 * Double($0) }
        let count = Autograd.compiledGradientCount
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        let weight = Parameter(NDArray((0..<64).map { Double($0) }))
                        Autograd.record { weight.wrappedValue.square().sum() }.backward()
                        let gradient = try? weight.gradient!.scalars(as: Double.self)
                        #expect(gradient == expected)
                    }
                }
            }
        }
        #expect(Autograd.compiledGradientCount - count <= 1)
    }

    /// Many structures in turn: each is forgotten before it comes again, and nothing piles up.
    @Test func theCacheIsBounded() throws {
        let x = parameters([[4]], seed: 5)
        func run(_ width: Int) throws {
            let ones = NDArray.ones([width, 4], dtype: .f64)
            let found = try gradients(x) { ($0[0] * ones).square().sum() }
            #expect(found[0].count == 4)
        }
        let first = try compilations { for width in 1...100 { for _ in 0..<2 { try run(width) } } }
        #expect(first == 100)
        // The oldest ones were forgotten, the youngest not.
        let youngest = try compilations { try run(100) }
        #expect(youngest == 0)
        let oldest = try compilations { for _ in 0..<2 { try run(1) } }
        #expect(oldest == 1)
    }
}

extension NDArray {
    /// Something with a derivative of one.
    fileprivate func cosineOrSame() -> NDArray { self + 0 }
}
