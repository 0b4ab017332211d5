import CBraidKernels
import Foundation
import Testing

/// Matrix products with strided operands against double precision.
@Suite struct GemmTests {
    /// A matrix in a buffer: row-major, transposed, or spread out in both directions.
    struct Matrix<T: KernelFloat> {
        let values: [T]
        let rowStride: Int
        let columnStride: Int

        init(_ rows: Int, _ columns: Int, _ generator: inout SeededGenerator) {
            let gap = Int.random(in: 0...2, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: (rowStride, columnStride) = (columns + gap, 1)
            case 1: (rowStride, columnStride) = (1, rows + gap)
            default: (rowStride, columnStride) = (2 * columns + gap, 2)
            }
            let size =
                rows > 0 && columns > 0
                ? (rows - 1) * rowStride + (columns - 1) * columnStride + 1 : 0
            values = (0..<size).map { _ in T(Double.random(in: -1...1, using: &generator)) }
        }

        /// The elements of `other` in another place.
        init(copying other: Self, _ rows: Int, _ columns: Int, transposed: Bool) {
            (rowStride, columnStride) = transposed ? (1, rows) : (columns, 1)
            var values = [T](repeating: 0, count: rows * columns)
            for row in 0..<rows {
                for column in 0..<columns {
                    values[row * rowStride + column * columnStride] = T(other[row, column])
                }
            }
            self.values = values
        }

        subscript(row: Int, column: Int) -> Double {
            Double(values[row * rowStride + column * columnStride])
        }
    }

    static func run<T: KernelFloat>(
        _ set: InstructionSet, _ arguments: braid_gemm_arguments, _: T.Type
    ) {
        let kernels = set.kernels
        let bytes = kernels.gemm_scratch_bytes(T.dtype, arguments.m, arguments.n, arguments.k)
        // Exactly what was asked for, with a guard after it.
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
        defer { scratch.deallocate() }
        memset(scratch, 0xA5, bytes + 64)
        withUnsafePointer(to: arguments) { kernels.gemm(T.dtype, $0, scratch) }
        let guarded = UnsafeRawBufferPointer(start: scratch + bytes, count: 64)
        #expect(guarded.allSatisfy { $0 == 0xA5 }, "wrote past its scratch")
    }

    private func product<T: KernelFloat>(
        _ set: InstructionSet, _ a: Matrix<T>, _ b: Matrix<T>, m: Int, n: Int, k: Int,
        accumulate: Bool, ldc: Int, initial: [T], rows: Range<Int>, columns: Range<Int>,
        into c: inout [T], offsetColumns: Bool = false
    ) {
        a.values.withUnsafeBufferPointer { pa in
            b.values.withUnsafeBufferPointer { pb in
                c.withUnsafeMutableBufferPointer { pc in
                    var g = braid_gemm_arguments()
                    (g.m, g.n, g.k) = (Int64(rows.count), Int64(columns.count), Int64(k))
                    g.a = pa.baseAddress.map {
                        UnsafeRawPointer($0 + rows.lowerBound * a.rowStride)
                    }
                    (g.a_row_stride, g.a_column_stride) = (
                        Int64(a.rowStride), Int64(a.columnStride)
                    )
                    // A part of the columns by the address or by the offset into B.
                    let skipped = offsetColumns ? 0 : columns.lowerBound * b.columnStride
                    g.b = pb.baseAddress.map { UnsafeRawPointer($0 + skipped) }
                    g.b_n_offset = offsetColumns ? Int64(columns.lowerBound) : 0
                    (g.b_row_stride, g.b_column_stride) = (
                        Int64(b.rowStride), Int64(b.columnStride)
                    )
                    g.c = pc.baseAddress.map {
                        UnsafeMutableRawPointer($0 + rows.lowerBound * ldc + columns.lowerBound)
                    }
                    g.ldc = Int64(ldc)
                    g.accumulate = accumulate ? 1 : 0
                    Self.run(set, g, T.self)
                }
            }
        }
    }

    private func check<T: KernelFloat>(
        _ set: InstructionSet, _: T.Type, m: Int, n: Int, k: Int,
        _ generator: inout SeededGenerator
    ) {
        let a = Matrix<T>(m, k, &generator), b = Matrix<T>(k, n, &generator)
        let accumulate = Bool.random(using: &generator)
        let ldc = n + Int.random(in: 0...3, using: &generator)
        let initial: [T] = randoms(Swift.max(m * ldc, 1), using: &generator)
        var c = initial
        product(
            set, a, b, m: m, n: n, k: k, accumulate: accumulate, ldc: ldc, initial: initial,
            rows: 0..<m, columns: 0..<n, into: &c)
        let what = "\(set) \(T.self) \(m)x\(n)x\(k), strides \(a.rowStride) \(b.rowStride)"

        // Large products are checked at some of their elements.
        let sampled = m * n * k > 3_000_000
        let checks =
            sampled
            ? (0..<3000).map { _ in
                (Int.random(in: 0..<m, using: &generator), Int.random(in: 0..<n, using: &generator))
            } + [(0, 0), (m - 1, n - 1), (m - 1, 0), (0, n - 1)]
            : (0..<m).flatMap { i in (0..<n).map { (i, $0) } }
        for (i, j) in checks {
            var sum = accumulate ? Double(initial[i * ldc + j]) : 0
            var magnitude = sum.magnitude
            for l in 0..<k {
                sum += a[i, l] * b[l, j]
                magnitude += (a[i, l] * b[l, j]).magnitude
            }
            let error = (Double(c[i * ldc + j]) - sum).magnitude
            if !(error <= magnitude * tolerance(T.self, length: k)) {
                Issue.record(
                    "\(what): [\(i), \(j)] is \(c[i * ldc + j]), not \(sum) (seed \(testSeed))")
                return
            }
        }
        for i in 0..<m {
            expectSame(
                Array(c[(i * ldc + n)..<((i + 1) * ldc)]),
                Array(initial[(i * ldc + n)..<((i + 1) * ldc)]), "\(what) beyond the columns")
        }

        // In four parts, cut at any multiples of the register block.
        let kernels = set.kernels
        let (mr, nr) =
            T.self == Float.self
            ? (Int(kernels.gemm_mr_f32), Int(kernels.gemm_nr_f32))
            : (Int(kernels.gemm_mr_f64), Int(kernels.gemm_nr_f64))
        let rowCut = Int.random(in: 0...(m / mr), using: &generator) * mr
        let columnCut = Int.random(in: 0...(n / nr), using: &generator) * nr
        var parts = initial
        for rows in [0..<rowCut, rowCut..<m] {
            for columns in [0..<columnCut, columnCut..<n] {
                product(
                    set, a, b, m: m, n: n, k: k, accumulate: accumulate, ldc: ldc, initial: initial,
                    rows: rows, columns: columns, into: &parts,
                    offsetColumns: b.columnStride == 1 || Bool.random(using: &generator))
            }
        }
        expectSame(parts, c, "\(what) in parts cut at \(rowCut), \(columnCut)")
    }

    @Test(arguments: InstructionSet.available)
    func smallShapes(set: InstructionSet) {
        var generator = SeededGenerator(20)
        for round in 0..<400 {
            func extent() -> Int {
                round % 4 == 0
                    ? [0, 1, 1, 2, 3].randomElement(using: &generator)!
                    : Int.random(in: 1...70, using: &generator)
            }
            let (m, n, k) = (extent(), extent(), extent())
            check(set, Float.self, m: m, n: n, k: k, &generator)
            check(set, Double.self, m: m, n: n, k: k, &generator)
        }
    }

    /// More than one block in each direction, apart and together.
    @Test(arguments: InstructionSet.available)
    func blockedShapes(set: InstructionSet) {
        var generator = SeededGenerator(21)
        let shapes = [
            (1, 1, 5000), (1, 1100, 900), (3, 2, 1000), (17, 33, 385), (340, 9, 50), (700, 40, 20),
            (5, 2100, 30), (350, 2060, 390), (337, 65, 771), (14, 32, 384), (15, 4100, 7),
        ]
        for (m, n, k) in shapes {
            check(set, Float.self, m: m, n: n, k: k, &generator)
            check(set, Double.self, m: m, n: n, k: k, &generator)
        }
    }

    /// A column sum over K that runs over several images (`a_inner`).
    @Test(arguments: InstructionSet.available)
    func interruptedRows(set: InstructionSet) {
        var generator = SeededGenerator(22)
        for (m, n, images, inner) in [
            (3, 5, 4, 7), (20, 40, 3, 200), (1, 33, 5, 100), (16, 8, 1, 9),
        ] {
            let k = images * inner, outerStride = m * inner + 3
            let a: [Float] = randoms(images * outerStride, using: &generator)
            let b = Matrix<Float>(k, n, &generator)
            var c = [Float](repeating: 9, count: m * n)
            a.withUnsafeBytes { pa in
                b.values.withUnsafeBytes { pb in
                    c.withUnsafeMutableBytes { pc in
                        var g = braid_gemm_arguments()
                        (g.m, g.n, g.k) = (Int64(m), Int64(n), Int64(k))
                        (g.a, g.b, g.c) = (pa.baseAddress, pb.baseAddress, pc.baseAddress)
                        (g.a_row_stride, g.a_column_stride) = (Int64(inner), 1)
                        (g.a_inner, g.a_outer_stride) = (Int64(inner), Int64(outerStride))
                        (g.b_row_stride, g.b_column_stride) = (
                            Int64(b.rowStride), Int64(b.columnStride)
                        )
                        g.ldc = Int64(n)
                        Self.run(set, g, Float.self)
                    }
                }
            }
            var exact = [Double](repeating: 0, count: m * n), magnitude = exact
            for at in 0..<(m * n) {
                for l in 0..<k {
                    let x = Double(a[l / inner * outerStride + at / n * inner + l % inner])
                    exact[at] += x * b[l, at % n]
                    magnitude[at] += (x * b[l, at % n]).magnitude
                }
            }
            expectNear(c, exact, "\(set) \(m)x\(n), \(images) images of \(inner)") {
                magnitude[$0] * tolerance(Float.self, length: k)
            }
        }
    }

    /// Several products of one A give the bits of each alone.
    private func checkImages<T: KernelFloat>(
        _ set: InstructionSet, _: T.Type, m: Int, n: Int, k: Int, images: Int, isTurned: Bool,
        _ generator: inout SeededGenerator
    ) {
        let (bStride, cStride) = (k * n + 3, m * n + 5)
        let a: [T] = randoms(m * k + 1, using: &generator)
        let b: [T] = randoms(images * bStride, using: &generator)
        let first: [T] = randoms(images * cStride, using: &generator)
        var (together, apart) = (first, first)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var g = braid_gemm_arguments()
                (g.m, g.n, g.k) = (Int64(m), Int64(n), Int64(k))
                g.a = UnsafeRawPointer(a.baseAddress!)
                (g.a_row_stride, g.a_column_stride) = (Int64(k), 1)
                (g.b_row_stride, g.b_column_stride) =
                    isTurned ? (1, Int64(k)) : (Int64(n), 1)
                (g.ldc, g.accumulate) = (Int64(n), 1)
                (g.b_image_stride, g.c_image_stride) = (Int64(bStride), Int64(cStride))
                g.b = UnsafeRawPointer(b.baseAddress!)
                together.withUnsafeMutableBufferPointer {
                    g.images = Int64(images)
                    g.c = UnsafeMutableRawPointer($0.baseAddress!)
                    Self.run(set, g, T.self)
                }
                apart.withUnsafeMutableBufferPointer {
                    g.images = 0
                    for image in 0..<images {
                        g.b = UnsafeRawPointer(b.baseAddress! + image * bStride)
                        g.c = UnsafeMutableRawPointer($0.baseAddress! + image * cStride)
                        Self.run(set, g, T.self)
                    }
                }
            }
        }
        expectSame(together, apart, "\(set) \(T.self) \(images) of \(m)x\(n)x\(k)")
    }

    @Test(arguments: InstructionSet.available) func severalProductsOfOneMatrix(set: InstructionSet)
    {
        var generator = SeededGenerator(90)
        // One block and several of rows, of columns and of K; no K.
        for (m, n, k) in [
            (5, 3, 7), (30, 16, 40), (350, 33, 20), (8, 2100, 5), (20, 9, 800), (3, 4, 0),
        ] {
            for isTurned in [false, true] {
                checkImages(
                    set, Float.self, m: m, n: n, k: k, images: 3, isTurned: isTurned, &generator)
                checkImages(
                    set, Double.self, m: m, n: n, k: k, images: 2, isTurned: isTurned, &generator)
            }
        }
    }
}
