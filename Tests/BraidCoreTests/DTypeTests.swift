import BraidCore
import Foundation
import Testing

@Suite struct DTypeTests {
    /// The numbers stand in files and in the kernels' interface.
    @Test func numbersNeverChange() {
        let expected: [(DType, UInt8, String, Int)] = [
            (.f32, 0, "f32", 4), (.f64, 1, "f64", 8), (.f16, 2, "f16", 2), (.bf16, 3, "bf16", 2),
            (.i8, 4, "i8", 1), (.i16, 5, "i16", 2), (.i32, 6, "i32", 4), (.i64, 7, "i64", 8),
            (.u8, 8, "u8", 1), (.u16, 9, "u16", 2), (.u32, 10, "u32", 4), (.u64, 11, "u64", 8),
            (.bool, 12, "bool", 1),
        ]
        #expect(DType.allCases.count == expected.count)
        for (dtype, number, name, size) in expected {
            #expect(dtype.rawValue == number)
            #expect(dtype.description == name)
            #expect(dtype.size == size)
        }
    }

    @Test func kindsOfDtypes() {
        #expect(DType.allCases.filter(\.isFloating) == [.f32, .f64, .f16, .bf16])
        #expect(DType.allCases.filter(\.isComputedFloating) == [.f32, .f64])
        #expect(
            DType.allCases.filter(\.isInteger) == [.i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64])
        #expect(DType.allCases.filter { !$0.isArithmetic } == [.f16, .bf16, .bool])
    }

    @Test func scalarsHaveTheirDtypesSize() {
        func check<T: Scalar>(_ type: T.Type, _ dtype: DType) {
            #expect(T.dtype == dtype)
            #expect(MemoryLayout<T>.size == dtype.size)
        }
        check(Float.self, .f32)
        check(Double.self, .f64)
        check(Int8.self, .i8)
        check(Int16.self, .i16)
        check(Int32.self, .i32)
        check(Int64.self, .i64)
        check(Int.self, .i64)
        check(UInt8.self, .u8)
        check(UInt16.self, .u16)
        check(UInt32.self, .u32)
        check(UInt64.self, .u64)
        check(Bool.self, .bool)
    }

    @Test func typesDescribeThemselves() throws {
        let type = TensorType(.f16, [2, 0, 3])
        #expect(type.description == "f16[2, 0, 3]")
        #expect(TensorType(.bool, []).description == "bool[]")
        #expect((type.count, type.byteCount, type.rank) == (0, 0, 3))
        #expect(TensorType(.f64, [2, 3]).byteCount == 48)
        #expect(TensorType(.f64, [2, 3]) != TensorType(.f32, [2, 3]))
        let data = try JSONEncoder().encode(type)
        #expect(try JSONDecoder().decode(TensorType.self, from: data) == type)
    }
}
