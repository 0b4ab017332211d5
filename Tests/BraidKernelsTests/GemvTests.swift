import CBraidKernels
import Testing

/// A row times a matrix, against double precision; the same bits however the matrix lies.
@Suite struct GemvTests {
    private func product<T: KernelFloat>(
        _ set: InstructionSet, _ a: [T], stride: Int, _ b: GemmTests.Matrix<T>,
        columns: Range<Int>, k: Int
    ) -> [T] {
        // One more than there are columns, to see writes beyond.
        var c = [T](repeating: 7, count: columns.count + 1)
        a.withUnsafeBufferPointer { pa in
            b.values.withUnsafeBufferPointer { pb in
                c.withUnsafeMutableBufferPointer { pc in
                    var g = braid_gemv_arguments()
                    (g.n, g.k) = (Int64(columns.count), Int64(k))
                    (g.a, g.a_stride) = (pa.baseAddress.map { UnsafeRawPointer($0) }, Int64(stride))
                    g.b = pb.baseAddress.map {
                        UnsafeRawPointer($0 + columns.lowerBound * b.columnStride)
                    }
                    (g.b_row_stride, g.b_column_stride) = (
                        Int64(b.rowStride), Int64(b.columnStride)
                    )
                    g.c = UnsafeMutableRawPointer(pc.baseAddress)
                    withUnsafePointer(to: g) { set.kernels.gemv(T.dtype, $0) }
                }
            }
        }
        #expect(c.removeLast() == 7, "wrote beyond its columns")
        return c
    }

    private func check<T: KernelFloat>(
        _ set: InstructionSet, _: T.Type, n: Int, k: Int, _ generator: inout SeededGenerator
    ) {
        let stride = [1, 1, 3].randomElement(using: &generator)!
        let a: [T] = randoms(Swift.max(k * stride, 1), using: &generator)
        let b = GemmTests.Matrix<T>(k, n, &generator)
        let c = product(set, a, stride: stride, b, columns: 0..<n, k: k)
        let what = "\(set) \(T.self) \(n)x\(k), strides \(stride) \(b.rowStride) \(b.columnStride)"
        for j in 0..<n {
            var (sum, magnitude) = (0.0, 0.0)
            for i in 0..<k {
                let term = Double(a[i * stride]) * b[i, j]
                sum += term
                magnitude += term.magnitude
            }
            let error = (Double(c[j]) - sum).magnitude
            #expect(
                error <= magnitude * tolerance(T.self, length: k),
                "\(what): [\(j)] is \(c[j]), not \(sum) (seed \(testSeed))")
        }
        let cut = Int.random(in: 0...n, using: &generator)
        let parts = [0..<cut, cut..<n].flatMap {
            product(set, a, stride: stride, b, columns: $0, k: k)
        }
        expectSame(parts, c, "\(what) cut at \(cut)")
        let dense = (0..<k).map { a[$0 * stride] }
        for transposed in [false, true] {
            let other = GemmTests.Matrix<T>(copying: b, k, n, transposed: transposed)
            let again = product(set, dense, stride: 1, other, columns: 0..<n, k: k)
            expectSame(again, c, "\(what) \(transposed ? "transposed" : "row-major")")
        }
    }

    @Test(arguments: InstructionSet.available)
    func anyShape(set: InstructionSet) {
        var generator = SeededGenerator(21)
        for round in 0..<200 {
            let k = round % 5 == 0 ? round / 5 : Int.random(in: 1...300, using: &generator)
            let n = Int.random(in: 1...280, using: &generator)
            check(set, Float.self, n: n, k: k, &generator)
            check(set, Double.self, n: n, k: k, &generator)
        }
    }
}
