import CBraidKernels
import Testing

/// The products that are convolutions: B gathered from images while it is packed.
@Suite struct ConvolutionLayoutTests {
    /// Runs a product [m, k] x [k, n] in parts of the columns that are no multiple of anything.
    private func product<T: KernelFloat>(
        _ set: InstructionSet, _ layout: braid_b_layout, _ geometry: braid_conv_geometry,
        a: UnsafePointer<T>, aStrides: (Int, Int), aInner: (Int, Int) = (0, 0), b: UnsafePointer<T>,
        c: UnsafeMutablePointer<T>, m: Int, n: Int, k: Int, cut: Int
    ) {
        withUnsafePointer(to: geometry) { geometry in
            for columns in [0..<cut, cut..<n] {
                var g = braid_gemm_arguments()
                (g.m, g.n, g.k) = (Int64(m), Int64(columns.count), Int64(k))
                (g.a, g.b) = (UnsafeRawPointer(a), UnsafeRawPointer(b))
                (g.a_row_stride, g.a_column_stride) = (Int64(aStrides.0), Int64(aStrides.1))
                (g.a_inner, g.a_outer_stride) = (Int64(aInner.0), Int64(aInner.1))
                g.b_layout = layout
                g.b_n_offset = Int64(columns.lowerBound)
                g.geometry = geometry
                g.c = UnsafeMutableRawPointer(c + columns.lowerBound)
                g.ldc = Int64(n)
                GemmTests.run(set, g, T.self)
            }
        }
    }

    private func check<T: KernelFloat>(
        _ set: InstructionSet, _: T.Type, _ generator: inout SeededGenerator
    ) {
        let g = ConvolutionShapes(&generator)
        let (taps, plane, positions) = (g.taps, g.plane, g.positions)
        func values(_ count: Int) -> [T] {
            (0..<count).map { _ in T(Double.random(in: -1...1, using: &generator)) }
        }
        let x = values(g.images * g.channels * plane)
        let weight = values(g.outChannels * g.channels * taps)
        let dy = values(g.images * g.outChannels * positions)
        var y = [T](repeating: 9, count: dy.count), dx = x, dWeight = weight

        var exact = (y: dy.map { _ in 0.0 }, dx: x.map { _ in 0.0 }, dw: weight.map { _ in 0.0 })
        g.forEachProduct { image, oc, position, c, tap, source in
            let iy = (image * g.outChannels + oc) * positions + position
            let ix = (image * g.channels + c) * plane + source
            let iw = (oc * g.channels + c) * taps + tap
            exact.y[iy] += Double(x[ix]) * Double(weight[iw])
            exact.dx[ix] += Double(dy[iy]) * Double(weight[iw])
            exact.dw[iw] += Double(dy[iy]) * Double(x[ix])
        }
        func cut(_ n: Int) -> Int { Int.random(in: 0...n, using: &generator) }

        for image in 0..<g.images {
            y.withUnsafeMutableBufferPointer {
                product(
                    set, BRAID_B_CONV_FORWARD, g.arguments(gathersFromOutput: false),
                    a: weight, aStrides: (g.channels * taps, 1),
                    b: Array(x[(image * g.channels * plane)...]),
                    c: $0.baseAddress! + image * g.outChannels * positions, m: g.outChannels,
                    n: positions, k: g.channels * taps, cut: cut(positions))
            }
            // Channel by channel of the input, k = (out channel, tap): weights [oc, c, tap] are
            // brought to [c, oc, tap].
            var turned = weight
            for oc in 0..<g.outChannels {
                for c in 0..<g.channels {
                    for tap in 0..<taps {
                        turned[(c * g.outChannels + oc) * taps + tap] =
                            weight[(oc * g.channels + c) * taps + tap]
                    }
                }
            }
            dx.withUnsafeMutableBufferPointer {
                product(
                    set, BRAID_B_CONV_INPUT, g.arguments(gathersFromOutput: true),
                    a: turned, aStrides: (g.outChannels * taps, 1),
                    b: Array(dy[(image * g.outChannels * positions)...]),
                    c: $0.baseAddress! + image * g.channels * plane, m: g.channels, n: plane,
                    k: g.outChannels * taps, cut: cut(plane))
            }
        }
        dWeight.withUnsafeMutableBufferPointer {
            product(
                set, BRAID_B_CONV_WEIGHT, g.arguments(gathersFromOutput: false),
                a: dy, aStrides: (positions, 1), aInner: (positions, g.outChannels * positions),
                b: x, c: $0.baseAddress!, m: g.outChannels, n: g.channels * taps,
                k: g.images * positions, cut: cut(g.channels * taps))
        }
        let compared = [
            ("forward", y, exact.y, g.channels * taps),
            ("input gradient", dx, exact.dx, g.outChannels * taps),
            ("weight gradient", dWeight, exact.dw, g.images * positions),
        ]
        for (name, got, exact, length) in compared {
            // Products of values of magnitude at most 1: their sum is at most `length`.
            expectNear(got, exact, "\(set) \(T.self) \(name) of \(g)") { _ in
                tolerance(T.self, length: length) * Double(length)
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func randomGeometries(set: InstructionSet) {
        var generator = SeededGenerator(23)
        for _ in 0..<150 {
            check(set, Float.self, &generator)
            check(set, Double.self, &generator)
        }
    }
}
