import Braid
import Testing

/// What the README says of number literals.
@Suite struct LiteralTests {
    @Test func literalsMakeTheTypesOfSwift() {
        #expect(NDArray([1, 2, 3]).dtype == .i64)
        #expect(NDArray([0.5, 1.5]).dtype == .f64)
        #expect(NDArray([0.5, 1.5] as [Float]).dtype == .f32)
        #expect((NDArray([0.5, 1.5] as [Float]) * 2).dtype == .f32)
        #expect((NDArray([1, 2, 3]) / 2).dtype == .f32)
        #expect(NDArray([1, 2, 3] as [UInt8]).sum().dtype == .u64)
    }
}
