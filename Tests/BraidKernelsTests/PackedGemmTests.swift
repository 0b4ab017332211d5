import CBraidKernels
import Testing

/// Products with a right factor that was packed beforehand, whole or with others in front of it: the bits
/// of those that pack it themselves.
@Suite struct PackedGemmTests {
    @Test(arguments: InstructionSet.available) func theBitsOfOtherProducts(_ set: InstructionSet) {
        check(set, Float.self, columnUnit: Int(set.kernels.gemm_nr_f32))
        check(set, Double.self, columnUnit: Int(set.kernels.gemm_nr_f64))
    }

    private func check<T: KernelFloat>(_ set: InstructionSet, _: T.Type, columnUnit: Int) {
        var generator = SeededGenerator(3)
        // Few rows and more than one block of them; more than one block of K.
        for (m, n, k) in [(1, 5, 3), (16, 70, 50), (15, 33, 800), (350, 40, 20), (345, 65, 400)] {
            for isTransposed in [false, true] {
                for group in [0, 2] {
                    let a: [T] = randoms(m * k, using: &generator)
                    let b: [T] = randoms(k * n, using: &generator)
                    let initial: [T] = randoms(m * n, using: &generator)
                    let columns = (group * n + n + columnUnit - 1) / columnUnit * columnUnit
                    let first = group * n / columnUnit * columnUnit
                    var (direct, packed) = (initial, initial)
                    var memory = [T](repeating: .nan, count: k * columns)
                    a.withUnsafeBufferPointer { a in
                        b.withUnsafeBufferPointer { b in
                            memory.withUnsafeMutableBufferPointer { memory in
                                var g = braid_gemm_arguments()
                                (g.m, g.n, g.k) = (Int64(m), Int64(n), Int64(k))
                                g.a = UnsafeRawPointer(a.baseAddress)
                                (g.a_row_stride, g.a_column_stride) = (Int64(k), 1)
                                g.b = UnsafeRawPointer(b.baseAddress)
                                g.b_row_stride = isTransposed ? 1 : Int64(n)
                                g.b_column_stride = isTransposed ? Int64(k) : 1
                                (g.ldc, g.accumulate) = (Int64(n), 1)
                                func run(_ g: inout braid_gemm_arguments, _ c: inout [T]) {
                                    c.withUnsafeMutableBufferPointer {
                                        g.c = UnsafeMutableRawPointer($0.baseAddress)
                                        GemmTests.run(set, g, T.self)
                                    }
                                }
                                set.kernels.gemm_pack(
                                    T.dtype, &g, Int64(first), Int64(columns), memory.baseAddress)
                                run(&g, &direct)
                                g.b = UnsafeRawPointer(memory.baseAddress)
                                g.b_layout = BRAID_B_PACKED
                                g.b_row_stride = Int64(columns)
                                g.b_n_offset = Int64(first)
                                run(&g, &packed)
                            }
                        }
                    }
                    #expect(direct == packed, "\(set) \(m) \(n) \(k) \(isTransposed) \(group)")
                }
            }
        }
    }
}
