package import BraidCore
package import BraidFormats
import BraidPlatform

extension DType {
    /// The type's name in safetensors files.
    var safetensorsName: String {
        switch self {
        case .f32: "F32"
        case .f64: "F64"
        case .f16: "F16"
        case .bf16: "BF16"
        case .i8: "I8"
        case .i16: "I16"
        case .i32: "I32"
        case .i64: "I64"
        case .u8: "U8"
        case .u16: "U16"
        case .u32: "U32"
        case .u64: "U64"
        case .bool: "BOOL"
        }
    }

    /// The type of that name, or nil.
    init?(safetensorsName name: String) {
        guard let type = DType.allCases.first(where: { $0.safetensorsName == name }) else {
            return nil
        }
        self = type
    }
}

extension TensorType {
    /// The type of a tensor in a file; nil where Braid has none.
    init?(_ tensor: SafetensorsContainer.Tensor) {
        guard let dtype = DType(safetensorsName: tensor.dtype),
            let shape = Shape(exactly: tensor.extents)
        else { return nil }
        self.init(dtype, shape)
    }

    /// Bytes of a dense array; nil for more than a number can say.
    var representableByteCount: Int? {
        let (byteCount, isTooLarge) = shape.elementCount.multipliedReportingOverflow(by: dtype.size)
        return isTooLarge ? nil : byteCount
    }
}

extension SafetensorsWriter.Tensor {
    /// A tensor whose dense bytes `provide` hands to its argument, in one or more calls.
    package init(
        name: String, type: TensorType,
        provide: @escaping (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
        self.init(
            name: name, dtype: type.dtype.safetensorsName, extents: type.shape.extents,
            elementSize: type.dtype.size, provide: provide)
    }
}
