import CBraidKernels
import Foundation
import Testing

/// Normalisation and its gradients over [outer, groups, channels, inner].
@Suite struct NormalizationTests {
    /// The extents of a call and whether weights belong to elements.
    private struct Extents {
        let outer, groups, channels, inner, period: Int
        let weighsElements: Bool

        var count: Int { outer * groups * channels * inner }
        var weightCount: Int { weighsElements ? inner : period * channels }
        var sumCount: Int { weighsElements ? inner : groups * channels }

        /// The group, the weight and the sum of an element.
        func places(_ index: Int) -> (group: Int, weight: Int, sum: Int) {
            let (run, i) = index.quotientAndRemainder(dividingBy: inner)
            let (segment, channel) = run.quotientAndRemainder(dividingBy: channels)
            let group = segment % groups
            if weighsElements { return (group, i, i) }
            return (group, group % period * channels + channel, group * channels + channel)
        }
    }

    private struct Results<T: KernelFloat> {
        var y: [T], variance: [T], mean: [T], weightSums: [T], biasSums: [T]
        var all: [[T]] { [y, variance, mean, weightSums, biasSums] }
    }

    private struct Call<T: KernelFloat> {
        let extents: Extents
        let isCentered: Bool
        let epsilon = 1e-5
        let x, dy, weight, bias: [T]

        /// Forward, then backward; each in two parts, cut at a part of its items.
        func run(_ kernels: braid_kernels, cut: Double) -> (
            forward: Results<T>, backward: Results<T>
        ) {
            let e = extents
            var forward = Results<T>(
                y: x.map { _ in 9 }, variance: .init(repeating: 9, count: e.groups),
                mean: .init(repeating: 9, count: e.groups), weightSums: [], biasSums: [])
            var backward = Results<T>(
                y: x.map { _ in 9 }, variance: [], mean: [],
                weightSums: .init(repeating: 9, count: e.sumCount),
                biasSums: .init(repeating: 9, count: e.sumCount))
            var arguments = braid_normalization_arguments()
            arguments.outer = Int64(e.outer)
            arguments.groups = Int64(e.groups)
            arguments.channels = Int64(e.channels)
            arguments.inner = Int64(e.inner)
            arguments.period = Int64(e.period)
            arguments.weighs_elements = e.weighsElements ? 1 : 0
            arguments.epsilon = epsilon
            func inParts(_ count: Int, _ body: (Int64, Int64) -> Void) {
                let middle = Int64(Double(count) * cut)
                body(0, middle)
                body(middle, Int64(count))
            }
            func address(_ values: [T]) -> UnsafeMutableRawPointer {
                let copy = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
                copy.initialize(from: values, count: values.count)
                return UnsafeMutableRawPointer(copy)
            }
            func take(_ address: UnsafeMutableRawPointer, _ values: inout [T]) {
                let typed = address.assumingMemoryBound(to: T.self)
                for index in values.indices { values[index] = typed[index] }
                typed.deallocate()
            }
            let inputs = [x, dy, weight, bias].map(address)
            arguments.x = UnsafeRawPointer(inputs[0])
            arguments.dy = UnsafeRawPointer(inputs[1])
            arguments.weight = UnsafeRawPointer(inputs[2])
            arguments.bias = UnsafeRawPointer(inputs[3])
            let (y, dx) = (address(forward.y), address(backward.y))
            let (variance, mean) = (address(forward.variance), address(forward.mean))
            let (weightSums, biasSums) = (
                address(backward.weightSums), address(backward.biasSums)
            )
            arguments.y = y
            arguments.variance = variance
            arguments.mean = isCentered ? mean : nil
            inParts(e.groups) { kernels.normalize(T.dtype, &arguments, $0, $1) }
            arguments.y = dx
            arguments.weight_sums = weightSums
            arguments.bias_sums = biasSums
            inParts(e.groups) { kernels.normalize_gradient(T.dtype, &arguments, $0, $1) }
            if e.weighsElements {
                inParts(e.inner) { kernels.normalize_weight_gradient(T.dtype, &arguments, $0, $1) }
            }
            take(y, &forward.y)
            take(variance, &forward.variance)
            take(mean, &forward.mean)
            take(dx, &backward.y)
            take(weightSums, &backward.weightSums)
            take(biasSums, &backward.biasSums)
            for input in inputs { input.assumingMemoryBound(to: T.self).deallocate() }
            return (forward, backward)
        }

        /// In double precision, with the statistics that forward found.
        func exactly(_ statistics: Results<T>) -> (
            mean: [Double], variance: [Double], y: [Double], dx: [Double], weightSums: [Double],
            biasSums: [Double]
        ) {
            let e = extents
            let places = x.indices.map(e.places)
            let n = Double(e.outer * e.channels * e.inner)
            var mean = [Double](repeating: 0, count: e.groups)
            var variance = mean, sum = mean, product = mean
            if isCentered {
                for i in x.indices { mean[places[i].group] += Double(x[i]) / n }
            }
            for i in x.indices {
                let distance = Double(x[i]) - mean[places[i].group]
                variance[places[i].group] += distance * distance / n
            }
            let scale = statistics.variance.map { 1 / (Double($0) + epsilon).squareRoot() }
            let center = statistics.mean.map { isCentered ? Double($0) : 0 }
            let normalized = x.indices.map {
                (Double(x[$0]) - center[places[$0].group]) * scale[places[$0].group]
            }
            var weightSums = [Double](repeating: 0, count: e.sumCount)
            var biasSums = weightSums
            let y = x.indices.map {
                normalized[$0] * Double(weight[places[$0].weight])
                    + Double(bias[places[$0].weight])
            }
            for i in x.indices {
                weightSums[places[i].sum] += Double(dy[i]) * normalized[i]
                biasSums[places[i].sum] += Double(dy[i])
                let flowing = Double(dy[i]) * Double(weight[places[i].weight])
                sum[places[i].group] += flowing / n
                product[places[i].group] += flowing * normalized[i] / n
            }
            let dx = x.indices.map { i -> Double in
                let group = places[i].group
                let flowing = Double(dy[i]) * Double(weight[places[i].weight])
                return scale[group]
                    * (flowing - (isCentered ? sum[group] : 0) - normalized[i] * product[group])
            }
            return (mean, variance, y, dx, weightSums, biasSums)
        }
    }

    private static let extents: [Extents] = {
        func channels(_ outer: Int, _ groups: Int, _ inner: Int) -> Extents {
            Extents(
                outer: outer, groups: groups, channels: 1, inner: inner, period: groups,
                weighsElements: false)
        }
        func groups(_ batch: Int, _ groups: Int, _ channels: Int, _ inner: Int) -> Extents {
            Extents(
                outer: 1, groups: batch * groups, channels: channels, inner: inner, period: groups,
                weighsElements: false)
        }
        func rows(_ rows: Int, _ inner: Int) -> Extents {
            Extents(
                outer: 1, groups: rows, channels: 1, inner: inner, period: 1, weighsElements: true)
        }
        return [
            channels(1, 1, 1), channels(5, 3, 1), channels(70, 2, 49), channels(3, 2, 1500),
            channels(300, 1, 7), channels(2, 3, 1024), groups(2, 3, 2, 5), groups(1, 2, 5, 700),
            groups(2, 1, 1, 33), rows(1, 1), rows(3, 16), rows(70, 31), rows(2, 3000), rows(5, 768),
        ]
    }()

    private func check<T: KernelFloat>(_: T.Type, _ set: InstructionSet) {
        var generator = SeededGenerator(61)
        for extents in Self.extents {
            // A large mean must not spoil the variance.
            for (isCentered, center) in [(true, 0.0), (true, 300), (false, 0)] {
                func values(_ count: Int, around center: Double = 0) -> [T] {
                    (0..<count).map { _ in
                        T(center + Double.random(in: -1...1, using: &generator))
                    }
                }
                let call = Call(
                    extents: extents, isCentered: isCentered,
                    x: values(extents.count, around: center), dy: values(extents.count),
                    weight: values(extents.weightCount), bias: values(extents.weightCount))
                let (forward, backward) = call.run(set.kernels, cut: 0)
                let what = "\(set) \(T.self) \(extents) \(isCentered) \(center)"
                let exact = call.exactly(forward)
                let (ulp, n) = (
                    Double(T.ulpOfOne), Double(extents.outer * extents.channels * extents.inner)
                )
                // The exact values are sums in double.
                let inexact = 0x1p-50 * n.squareRoot()
                if isCentered {
                    expectNear(forward.mean, exact.mean, "mean \(what)") { _ in
                        (ulp + inexact) * (center + 1)
                    }
                }
                expectNear(forward.variance, exact.variance, "variance \(what)") {
                    // The rounded elements alone are off by the size of the mean.
                    (16 * ulp + inexact) * exact.variance[$0] + pow(ulp * center, 2) * 4
                }
                // Where a group has one element, or equal ones, its scale is large.
                let scales = forward.variance.map { 1 / (Double($0) + 1e-5).squareRoot() }
                func scale(_ index: Int) -> Double { scales[extents.places(index).group] }
                expectNear(forward.y, exact.y, what) { index in
                    8 * ulp * (1 + scale(index) * (ulp * center + 1))
                }
                let sums = (2 + n.squareRoot()) * ulp
                expectNear(backward.y, exact.dx, "gradient of \(what)") { index in
                    (8 * ulp + sums) * scale(index) * 8
                }
                let largest = scales.max()!
                let terms = Double(extents.count) / Double(extents.sumCount)
                expectNear(backward.weightSums, exact.weightSums, "weights of \(what)") { _ in
                    ulp * (4 + terms.squareRoot()) * terms.squareRoot() * max(largest, 1) * 2
                }
                expectNear(backward.biasSums, exact.biasSums, "biases of \(what)") { _ in
                    ulp * (4 + terms.squareRoot()) * terms.squareRoot() * 2
                }
                // The same bits for any split, and for every instruction set.
                for other in [
                    call.run(set.kernels, cut: 0.4),
                    call.run(InstructionSet.reference.kernels, cut: 1),
                ] {
                    for (a, b) in zip(
                        other.forward.all + other.backward.all, forward.all + backward.all)
                    {
                        expectSame(a, b, "other bits of \(what)")
                    }
                }
            }
        }
    }

    @Test(arguments: InstructionSet.available) func againstDoublePrecision(set: InstructionSet) {
        check(Float.self, set)
        check(Double.self, set)
    }

    @Test(arguments: InstructionSet.available) func equalElementsHaveNoVariance(set: InstructionSet)
    {
        for value: Float in [0.1, 1_000_000.3, -0.00003] {
            let extents = Extents(
                outer: 3, groups: 1, channels: 1, inner: 1700, period: 1, weighsElements: false)
            let call = Call(
                extents: extents, isCentered: true, x: .init(repeating: value, count: 5100),
                dy: .init(repeating: 1, count: 5100), weight: [2], bias: [5])
            let found = call.run(set.kernels, cut: 0).forward
            #expect(found.mean == [value])
            #expect(found.variance == [0])
            #expect(found.y == [Float](repeating: 5, count: 5100))
        }
    }

    @Test(arguments: InstructionSet.available) func valuesThatAreNoNumbersStay(set: InstructionSet)
    {
        for value in [Float.nan, .infinity] {
            let extents = Extents(
                outer: 1, groups: 2, channels: 1, inner: 40, period: 1, weighsElements: true)
            var x = (0..<80).map { Float($0) }
            x[60] = value
            let call = Call(
                extents: extents, isCentered: true, x: x, dy: x,
                weight: .init(repeating: 1, count: 40), bias: .init(repeating: 0, count: 40))
            let found = call.run(set.kernels, cut: 0).forward
            let (first, second) = (found.y[..<40], found.y[40...])
            #expect(first.allSatisfy { $0.isFinite })
            #expect(second.allSatisfy { $0.isNaN })
            #expect(found.variance[1].isNaN)
        }
    }
}
