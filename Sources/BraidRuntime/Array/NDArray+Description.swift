import BraidCore
import BraidOperators

extension NDArray: CustomStringConvertible {
    /// How many elements an axis shows at each end before it is cut.
    private static let edgeCount = 3

    /// Type and elements, the middle of long axes left out; waits for the elements. An array that
    /// cannot be computed shows its error.
    public var description: String {
        if body.symbol != nil { return "\(type) in a trace" }
        do {
            let texts = try elementTexts()
            return "\(type) " + Self.format(texts, shape, axis: 0, start: 0)
        } catch {
            return "\(type) <\(error)>"
        }
    }

    private func elementTexts() throws -> [String] {
        switch dtype {
        case .f32: try scalars(as: Float.self).map { "\($0)" }
        case .f64: try scalars(as: Double.self).map { "\($0)" }
        case .bool: try scalars(as: Bool.self).map { "\($0)" }
        case .f16, .bf16: try cast(to: .f32).scalars(as: Float.self).map { "\($0)" }
        case .u64: try scalars(as: UInt64.self).map { "\($0)" }
        default: try cast(to: .i64).scalars(as: Int64.self).map { "\($0)" }
        }
    }

    private static func format(
        _ texts: [String], _ shape: Shape, axis: Int, start: Int
    ) -> String {
        if axis == shape.rank { return texts[start] }
        let extent = shape[axis]
        let step = ((axis + 1)..<Swift.max(shape.rank, axis + 1)).reduce(1) { $0 * shape[$1] }
        let isCut = extent > 2 * edgeCount + 1
        let shown =
            isCut ? Array(0..<edgeCount) + Array((extent - edgeCount)..<extent) : Array(0..<extent)
        var parts = shown.map { format(texts, shape, axis: axis + 1, start: start + $0 * step) }
        if isCut { parts.insert("…", at: edgeCount) }
        return "[" + parts.joined(separator: ", ") + "]"
    }
}
