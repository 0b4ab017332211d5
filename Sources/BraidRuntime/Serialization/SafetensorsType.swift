import BraidCore

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
