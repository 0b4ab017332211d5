import CBraidKernels
import Testing

/// Convolutions of every channel for itself, and their gradients.
@Suite struct DepthwiseTests {
    private func check<T: KernelFloat>(
        _ set: InstructionSet, _: T.Type, _ generator: inout SeededGenerator
    ) {
        let g = ConvolutionShapes(&generator), kernels = set.kernels
        let multiplier = Int.random(in: 1...3, using: &generator)
        let results = g.channels * multiplier
        func values(_ count: Int) -> [T] {
            (0..<count).map { _ in T(Double.random(in: -1...1, using: &generator)) }
        }
        let x = values(g.images * g.channels * g.plane)
        let weight = values(results * g.taps)
        let dy = values(g.images * results * g.positions)
        var exact = (y: dy.map { _ in 0.0 }, dx: x.map { _ in 0.0 }, dw: weight.map { _ in 0.0 })
        for plane in 0..<(g.images * results) {
            let (image, kernel) = (plane / multiplier, plane % results)
            g.forEachPair { position, tap, source in
                let (iy, ix) = (plane * g.positions + position, image * g.plane + source)
                let iw = kernel * g.taps + tap
                exact.y[iy] += Double(x[ix]) * Double(weight[iw])
                exact.dx[ix] += Double(dy[iy]) * Double(weight[iw])
                exact.dw[iw] += Double(dy[iy]) * Double(x[ix])
            }
        }

        /// Runs an operation in two parts, in scratch memory full of NaN between guards.
        func run(
            _ kind: braid_depthwise_kind, _ a: [T], _ b: [T], count: Int, items: Int
        ) -> [T] {
            let geometry = g.arguments(gathersFromOutput: false)
            var c = [T](repeating: 9, count: count)
            let cut = Int.random(in: 0...items, using: &generator)
            withUnsafePointer(to: geometry) { geometry in
                let bytes = Int(kernels.depthwise_scratch_bytes(T.dtype, geometry))
                let scratch = UnsafeMutableRawPointer.allocate(
                    byteCount: bytes + 64, alignment: 64)
                defer { scratch.deallocate() }
                scratch.initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes + 64)
                a.withUnsafeBytes { a in
                    b.withUnsafeBytes { b in
                        c.withUnsafeMutableBytes { c in
                            var arguments = braid_depthwise_arguments(
                                geometry: geometry, images: Int64(g.images),
                                multiplier: Int64(multiplier), a: a.baseAddress, b: b.baseAddress,
                                c: c.baseAddress)
                            for range in [0..<cut, cut..<items] {
                                kernels.depthwise(
                                    kind, T.dtype, &arguments, Int64(range.lowerBound),
                                    Int64(range.upperBound), scratch)
                            }
                        }
                    }
                }
                let guards = UnsafeRawBufferPointer(start: scratch + bytes, count: 64)
                #expect(guards.allSatisfy { $0 == 0xFF }, "\(set) \(g) writes behind its scratch")
            }
            return c
        }
        let compared = [
            (
                "forward",
                run(
                    BRAID_DEPTHWISE_FORWARD, x, weight, count: dy.count, items: g.images * results),
                exact.y, g.taps
            ),
            (
                "input gradient",
                run(
                    BRAID_DEPTHWISE_INPUT, dy, weight, count: x.count,
                    items: g.images * g.channels),
                exact.dx, multiplier * g.taps
            ),
            (
                "weight gradient",
                run(BRAID_DEPTHWISE_WEIGHT, x, dy, count: weight.count, items: results), exact.dw,
                g.images * g.positions
            ),
        ]
        for (name, got, exact, length) in compared {
            expectNear(got, exact, "\(set) \(T.self) \(name) of \(g) times \(multiplier)") { _ in
                tolerance(T.self, length: length) * Double(length)
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func randomGeometries(set: InstructionSet) {
        var generator = SeededGenerator(29)
        for _ in 0..<150 {
            check(set, Float.self, &generator)
            check(set, Double.self, &generator)
        }
    }
}
