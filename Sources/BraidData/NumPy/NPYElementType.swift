import BraidCore
import BraidFormats

/// What the `descr` of an `.npy` file says: a dtype, and the order of the bytes of an element.
struct NPYElementType: Equatable {
    let dtype: DType
    /// Whether the file has the bytes of each element in the other order than this machine.
    let isSwapped: Bool

    /// NumPy's letter for the order of this machine.
    private static let hostOrder: Character = 1.littleEndian == 1 ? "<" : ">"

    /// The type that NumPy writes as `description`, or nil when Braid has none for it.
    init?(_ description: String) {
        let code = description.dropFirst()
        guard let order = description.first,
            let dtype = DType.allCases.first(where: { $0.npyCode.map { $0 == code } ?? false })
        else { return nil }
        switch order {
        case "<", ">": isSwapped = dtype.size > 1 && order != Self.hostOrder
        case "=": isSwapped = false
        // "Not applicable": only for single bytes.
        case "|" where dtype.size == 1: isSwapped = false
        default: return nil
        }
        self.dtype = dtype
    }

    /// What NumPy writes for an array of this machine, as `<f4`; nil when it has no such dtype.
    static func description(of dtype: DType) -> String? {
        dtype.npyCode.map { (dtype.size == 1 ? "|" : String(hostOrder)) + $0 }
    }
}

extension DType {
    /// NumPy's kind and size in bytes, as `f4`; nil for `bf16`, which NumPy lacks.
    fileprivate var npyCode: String? {
        switch self {
        case .bf16: nil
        case .f16, .f32, .f64: "f\(size)"
        case .i8, .i16, .i32, .i64: "i\(size)"
        case .u8, .u16, .u32, .u64: "u\(size)"
        case .bool: "b1"
        }
    }
}

extension NPYHeader {
    /// What the header says, in Braid's types.
    /// - Throws: `DataError` when Braid has none for it.
    func types(path: String) throws(DataError) -> (element: NPYElementType, shape: Shape) {
        guard let element = NPYElementType(description) else {
            throw DataError(
                .unsupported, path: path,
                "has elements of descr '\(description)', which Braid cannot hold; expected f2, f4, f8, i1, "
                    + "i2, i4, i8, u1, u2, u4, u8 or b1 after '<', '>', '=' or, for single bytes, '|'"
            )
        }
        guard let shape = Shape(exactly: extents) else {
            throw DataError(
                .unsupported, path: path,
                "has the extents \(extents.prefix(Shape.maximumRank + 1)), which Braid cannot hold; "
                    + "expected \(Shape.rule)")
        }
        return (element, shape)
    }
}
