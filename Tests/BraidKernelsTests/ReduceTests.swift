import CBraidKernels
import Testing

/// Reductions over any axes against plain loops.
@Suite struct ReduceTests {
    /// A strided array of which some axes are reduced.
    struct Problem<T: KernelScalar> {
        let extents: [Int]
        let strides: [Int]
        let isReduced: [Bool]
        var values: [T]

        init(_ extents: [Int], reduced: [Bool], _ generator: inout SeededGenerator) {
            self.extents = extents
            isReduced = reduced
            let order =
                Bool.random(using: &generator)
                ? Array(extents.indices) : extents.indices.shuffled(using: &generator)
            var strides = [Int](repeating: 0, count: extents.count), size = 1
            for axis in order.reversed() {
                if Int.random(in: 0..<5, using: &generator) == 0 { size *= 2 }
                strides[axis] = size
                size *= Swift.max(extents[axis], 1)
            }
            self.strides = strides
            values = randoms(size, using: &generator)
        }

        /// Extents of the kept or of the reduced axes.
        func axes(reduced: Bool) -> [Int] { extents.indices.filter { isReduced[$0] == reduced } }
        func count(reduced: Bool) -> Int {
            axes(reduced: reduced).map { extents[$0] }.reduce(1, *)
        }

        func offset(_ index: Int, reduced: Bool) -> Int {
            var rest = index, offset = 0
            for axis in axes(reduced: reduced).reversed() {
                offset += rest % extents[axis] * strides[axis]
                rest /= extents[axis]
            }
            return offset
        }

        /// The reduced elements of an output in their order.
        func elements(of output: Int) -> [T] {
            let base = offset(output, reduced: false)
            return (0..<count(reduced: true)).map { values[base + offset($0, reduced: true)] }
        }

        func run<R: KernelScalar>(
            _ set: InstructionSet, _ kind: braid_reduction, dtype: braid_dtype = T.dtype,
            initial: R, cuts: [Int] = []
        ) -> [R] {
            var output = [R](repeating: initial, count: count(reduced: false))
            let kernels = set.kernels
            values.withUnsafeBytes { input in
                output.withUnsafeMutableBytes { output in
                    var g = braid_reduce_arguments()
                    (g.input, g.output) = (input.baseAddress, output.baseAddress)
                    g.kept_rank = Int32(axes(reduced: false).count)
                    g.reduced_rank = Int32(axes(reduced: true).count)
                    func fill<U>(_ tuple: inout U, _ from: [Int], _ axes: [Int]) {
                        withUnsafeMutableBytes(of: &tuple) { bytes in
                            for (index, axis) in axes.enumerated() {
                                bytes.storeBytes(
                                    of: Int64(from[axis]), toByteOffset: index * 8, as: Int64.self)
                            }
                        }
                    }
                    fill(&g.kept_extents, extents, axes(reduced: false))
                    fill(&g.kept_strides, strides, axes(reduced: false))
                    fill(&g.reduced_extents, extents, axes(reduced: true))
                    fill(&g.reduced_strides, strides, axes(reduced: true))
                    let ends = [0] + cuts.sorted() + [count(reduced: false)]
                    for (begin, end) in zip(ends, ends.dropFirst()) {
                        kernels.reduce(kind, dtype, &g, Int64(begin), Int64(end))
                    }
                }
            }
            return output
        }
    }

    static let shapes: [[Int]] = [
        [], [1], [7], [1000], [5000], [3, 4], [40, 300], [300, 40], [2, 3, 4], [3, 1, 70, 5],
        [4, 33, 9], [600, 33], [2, 2, 2, 2, 2, 2, 2, 3], [0], [3, 0], [0, 3], [2, 0, 5],
    ]

    /// Calls `body` with problems of all shapes, some of whose axes are reduced.
    private func forEachProblem<T: KernelScalar>(
        _: T.Type, _ generator: inout SeededGenerator, rounds: Int = 6,
        _ body: (Problem<T>, [Int]) -> Void
    ) {
        for shape in Self.shapes {
            for _ in 0..<rounds {
                let reduced = shape.map { _ in Bool.random(using: &generator) }
                let problem = Problem<T>(shape, reduced: reduced, &generator)
                let outputs = problem.count(reduced: false)
                body(problem, (0..<3).map { _ in Int.random(in: 0...outputs, using: &generator) })
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func integers(set: InstructionSet) {
        func check<T: KernelInteger>(_: T.Type) {
            var generator = SeededGenerator(30)
            forEachProblem(T.self, &generator, rounds: 3) { problem, cuts in
                let elements = (0..<problem.count(reduced: false)).map { problem.elements(of: $0) }
                let what = "\(set) \(T.self) \(problem.extents) reducing \(problem.isReduced)"
                func values(_ kind: braid_reduction) -> [T] {
                    problem.run(set, kind, initial: 9, cuts: cuts)
                }
                expectSame(
                    values(BRAID_REDUCE_SUM), elements.map { $0.reduce(0, &+) }, "sum \(what)")
                expectSame(
                    values(BRAID_REDUCE_PROD), elements.map { $0.reduce(1, &*) }, "product \(what)")
                expectSame(
                    values(BRAID_REDUCE_MAX), elements.map { $0.max() ?? .min }, "max \(what)")
                expectSame(
                    values(BRAID_REDUCE_MIN), elements.map { $0.min() ?? .max }, "min \(what)")
                checkPositions(set, problem, elements, cuts, what)
            }
        }
        for type in integerTypes { check(type) }
    }

    /// The first of the extremes wins.
    private func checkPositions<T: KernelScalar>(
        _ set: InstructionSet, _ problem: Problem<T>, _ elements: [[T]], _ cuts: [Int],
        _ what: String
    ) {
        func first(_ better: (T, T) -> Bool) -> [Int64] {
            elements.map { row in
                var best = 0
                for index in row.indices where better(row[index], row[best]) { best = index }
                return Int64(best)
            }
        }
        func beats(_ a: T, _ b: T, _ order: (T, T) -> Bool) -> Bool {
            !(a == a) ? b == b : !(b == b) ? false : order(a, b)
        }
        expectSame(
            problem.run(set, BRAID_REDUCE_ARGMAX, initial: -1, cuts: cuts),
            first { beats($0, $1, >) }, "argmax \(what)")
        expectSame(
            problem.run(set, BRAID_REDUCE_ARGMIN, initial: -1, cuts: cuts),
            first { beats($0, $1, <) }, "argmin \(what)")
    }

    @Test(arguments: InstructionSet.available)
    func floats(set: InstructionSet) {
        func check<T: KernelFloat>(_: T.Type) {
            var generator = SeededGenerator(31)
            forEachProblem(T.self, &generator) { problem, cuts in
                let elements = (0..<problem.count(reduced: false)).map { problem.elements(of: $0) }
                let what = "\(set) \(T.self) \(problem.extents) reducing \(problem.isReduced)"
                func values(_ kind: braid_reduction, _ cuts: [Int] = []) -> [T] {
                    problem.run(set, kind, initial: 9, cuts: cuts)
                }
                let magnitudes = elements.map { $0.reduce(0.0) { $0 + Double($1).magnitude } }
                expectNear(
                    values(BRAID_REDUCE_SUM), elements.map { $0.reduce(0.0) { $0 + Double($1) } },
                    "sum \(what)"
                ) { magnitudes[$0] * tolerance(T.self, length: elements[$0].count) }
                let products = values(BRAID_REDUCE_PROD)
                for (product, row) in zip(products, elements) where row.count < 20 {
                    let exact = row.reduce(1.0) { $0 * Double($1) }
                    #expect(
                        ulps(product, exact) <= 20 || exact.magnitude < 1e-30,
                        "product \(what) (seed \(testSeed))")
                }
                expectSame(
                    values(BRAID_REDUCE_MAX), elements.map { $0.max() ?? -.infinity }, "max \(what)"
                )
                expectSame(
                    values(BRAID_REDUCE_MIN), elements.map { $0.min() ?? .infinity }, "min \(what)")
                checkPositions(set, problem, elements, cuts, what)
                // The same bits however the outputs are split, and with every instruction set.
                for kind in [BRAID_REDUCE_SUM, BRAID_REDUCE_PROD] {
                    expectSame(values(kind, cuts), values(kind), "parts of \(kind) \(what)")
                    expectSame(
                        values(kind), problem.run(.reference, kind, initial: 9),
                        "\(kind) against reference \(what)")
                }
            }
        }
        check(Float.self)
        check(Double.self)
    }

    /// NaN wins in maxima and minima and their positions, wherever it stands.
    @Test(arguments: InstructionSet.available)
    func notANumber(set: InstructionSet) {
        var generator = SeededGenerator(32)
        for reduced in [[false, true], [true, false]] {
            for _ in 0..<40 {
                var problem = Problem<Float>([37, 37], reduced: reduced, &generator)
                for index in problem.values.indices
                where Int.random(in: 0..<60, using: &generator) == 0 {
                    problem.values[index] = [.nan, .infinity, -.infinity].randomElement(
                        using: &generator)!
                }
                let elements = (0..<37).map { problem.elements(of: $0) }
                func extreme(_ row: [Float], _ choose: (Float, Float) -> Float) -> Float {
                    row.contains { $0.isNaN } ? .nan : row.dropFirst().reduce(row[0], choose)
                }
                expectSame(
                    problem.run(set, BRAID_REDUCE_MAX, initial: Float(9)),
                    elements.map { extreme($0, Swift.max) }, "max")
                expectSame(
                    problem.run(set, BRAID_REDUCE_MIN, initial: Float(9)),
                    elements.map { extreme($0, Swift.min) }, "min")
                checkPositions(set, problem, elements, [], "with NaN")
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func bools(set: InstructionSet) {
        var generator = SeededGenerator(33)
        for likely in [UInt8(0), 1] {
            forEachProblem(UInt8.self, &generator) { problem, cuts in
                var problem = problem
                for index in problem.values.indices {
                    problem.values[index] = problem.values[index] < 3 ? 1 - likely : likely
                }
                let elements = (0..<problem.count(reduced: false)).map { problem.elements(of: $0) }
                expectSame(
                    problem.run(
                        set, BRAID_REDUCE_ALL, dtype: BRAID_BOOL, initial: 9, cuts: cuts),
                    elements.map { $0.allSatisfy { $0 == 1 } ? 1 : 0 } as [UInt8], "all")
                expectSame(
                    problem.run(
                        set, BRAID_REDUCE_ANY, dtype: BRAID_BOOL, initial: 9, cuts: cuts),
                    elements.map { $0.contains(1) ? 1 : 0 } as [UInt8], "any")
            }
        }
    }

    /// A hundred million ones would stop a running f32 sum at 2^24; the tree does not.
    @Test(arguments: InstructionSet.available)
    func longSums(set: InstructionSet) {
        var generator = SeededGenerator(34)
        var problem = Problem<Float>([1 << 25], reduced: [true], &generator)
        for index in problem.values.indices { problem.values[index] = 1 }
        #expect(problem.run(set, BRAID_REDUCE_SUM, initial: Float(0)) == [Float(1 << 25)])
    }
}
