import CBraidKernels
import Testing

/// Pooling and its gradients against plain loops over windows.
@Suite struct PoolingTests {
    private func geometry(_ generator: inout SeededGenerator) -> braid_pool_geometry {
        func random(_ range: ClosedRange<Int64>) -> Int64 {
            Int64.random(in: range, using: &generator)
        }
        var g = braid_pool_geometry()
        g.planes = random(1...5)
        (g.height, g.width) = (random(1...12), random(1...40))
        (g.kernel_h, g.kernel_w) = (random(1...g.height), random(1...min(g.width, 6)))
        (g.stride_h, g.stride_w) = (random(1...3), random(1...3))
        (g.pad_h, g.pad_w) = (random(0...(g.kernel_h / 2)), random(0...(g.kernel_w / 2)))
        g.out_h = (g.height + 2 * g.pad_h - g.kernel_h) / g.stride_h + 1
        g.out_w = (g.width + 2 * g.pad_w - g.kernel_w) / g.stride_w + 1
        g.count_padding = Bool.random(using: &generator) ? 1 : 0
        return g
    }

    /// The positions inside the plane of every window, in row-major order.
    private func windows(_ g: braid_pool_geometry) -> [[Int]] {
        (0..<(g.out_h * g.out_w)).map { output in
            (0..<(g.kernel_h * g.kernel_w)).compactMap { tap in
                let h = output / g.out_w * g.stride_h - g.pad_h + tap / g.kernel_w
                let w = output % g.out_w * g.stride_w - g.pad_w + tap % g.kernel_w
                return h >= 0 && h < g.height && w >= 0 && w < g.width
                    ? Int(h * g.width + w) : nil
            }
        }
    }

    private func check<T: KernelFloat>(
        _: T.Type, _ set: InstructionSet, _ generator: inout SeededGenerator
    ) {
        var g = geometry(&generator)
        let kernels = set.kernels, windows = windows(g)
        let planes = Int(g.planes), size = Int(g.height * g.width)
        // Few different values, so that maxima tie; now and then NaN and -inf.
        let x = (0..<(planes * size)).map { _ -> T in
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: .nan
            case 1: -.infinity
            default: T(Int.random(in: -3...3, using: &generator))
            }
        }
        let v: [T] = randoms(planes * size, using: &generator)
        let dy: [T] = randoms(planes * windows.count, using: &generator)
        let what = "\(set) \(T.self) \(g)"

        // Each kernel runs over two ranges of planes.
        let cut = Int64.random(in: 0...g.planes, using: &generator)
        let ranges = [(Int64(0), cut), (cut, g.planes)]
        var y = dy.map { _ in T(9) }, averages = y, gathered = y
        var positions = dy.map { _ in Int64(-9) }
        var dx = x.map { _ in T(9) }, averageGradient = dx
        for (begin, end) in ranges {
            kernels.max_pool(T.dtype, &g, x, &y, begin, end)
            kernels.max_pool_positions(T.dtype, &g, x, &positions, begin, end)
            kernels.max_pool_gradient(T.dtype, &g, x, dy, &dx, begin, end)
            kernels.max_pool_gather(T.dtype, &g, x, v, &gathered, begin, end)
            kernels.average_pool(T.dtype, &g, v, &averages, begin, end)
            kernels.average_pool_gradient(T.dtype, &g, dy, &averageGradient, begin, end)
        }

        var expected = (
            y: y, positions: positions, gathered: gathered, dx: x.map { _ in T(0) },
            averages: dy.map { _ in 0.0 }, gradient: x.map { _ in 0.0 }
        )
        for plane in 0..<planes {
            for (window, members) in windows.enumerated() {
                let output = plane * windows.count + window, base = plane * size
                var best = members[0]
                for member in members where !x[base + best].isNaN {
                    if x[base + member].isNaN || x[base + member] > x[base + best] { best = member }
                }
                expected.y[output] = x[base + best]
                expected.positions[output] = Int64(best)
                expected.gathered[output] = v[base + best]
                expected.dx[base + best] += dy[output]
                let divisor =
                    g.count_padding != 0 ? Double(g.kernel_h * g.kernel_w) : Double(members.count)
                for member in members {
                    expected.averages[output] += Double(v[base + member]) / divisor
                    expected.gradient[base + member] += Double(dy[output]) / divisor
                }
            }
        }
        expectSame(y, expected.y, "max \(what)")
        expectSame(positions, expected.positions, "positions \(what)")
        expectSame(gathered, expected.gathered, "gather \(what)")
        expectSame(dx, expected.dx, "max gradient \(what)")
        let bound = 3 * tolerance(T.self, length: Int(g.kernel_h * g.kernel_w))
        for (got, exact) in [(averages, expected.averages), (averageGradient, expected.gradient)] {
            expectNear(got, exact, "average \(what)") { _ in 12 * bound }
        }
    }

    @Test(arguments: InstructionSet.available)
    func randomGeometries(set: InstructionSet) {
        var generator = SeededGenerator(50)
        for _ in 0..<200 {
            check(Float.self, set, &generator)
            check(Double.self, set, &generator)
        }
    }

    /// Windows that lie in the padding altogether.
    @Test(arguments: InstructionSet.available)
    func emptyWindows(set: InstructionSet) {
        var g = braid_pool_geometry()
        (g.planes, g.height, g.width, g.out_h, g.out_w) = (1, 1, 1, 1, 3)
        (g.kernel_h, g.kernel_w, g.stride_h, g.stride_w) = (1, 1, 1, 1)
        g.pad_w = 1
        let kernels = set.kernels, x: [Float] = [4], dy: [Float] = [1, 2, 3]
        var y: [Float] = [9, 9, 9], positions: [Int64] = [9, 9, 9], dx: [Float] = [9]
        kernels.max_pool(BRAID_F32, &g, x, &y, 0, 1)
        kernels.max_pool_positions(BRAID_F32, &g, x, &positions, 0, 1)
        kernels.max_pool_gradient(BRAID_F32, &g, x, dy, &dx, 0, 1)
        #expect(y == [-.infinity, 4, -.infinity])
        #expect(positions == [-1, 0, -1])
        #expect(dx == [2])
        kernels.max_pool_gather(BRAID_F32, &g, x, x, &y, 0, 1)
        #expect(y == [0, 4, 0])
        kernels.average_pool(BRAID_F32, &g, x, &y, 0, 1)
        #expect(y == [0, 4, 0])
    }
}
