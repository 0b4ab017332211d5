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
            try waitUntilReady()
            let texts = try shownElements().elementTexts()
            return "\(type) " + Self.format(texts[...], shape.extents[...])
        } catch {
            return "\(type) <\(error)>"
        }
    }

    /// The positions of an axis that are shown.
    private static func shown(_ extent: Int) -> [Int] {
        extent > 2 * edgeCount + 1
            ? Array(0..<edgeCount) + Array((extent - edgeCount)..<extent) : Array(0..<extent)
    }

    /// The elements that are shown, as an array of their own: of a large array next to nothing is read.
    private func shownElements() throws(ArrayError) -> NDArray {
        let view = body.view
        let positions = shape.extents.map(Self.shown)
        let type = TensorType(dtype, Shape(positions.map(\.count)))
        return try NDArray(type) { buffer in
            var source: [Int] = [0]
            for (axis, positions) in positions.enumerated() {
                let stride = view.strides[axis]
                source = source.flatMap { offset in positions.map { offset + $0 * stride } }
            }
            let size = dtype.size
            for (place, offset) in source.enumerated() {
                let element = UnsafeRawBufferPointer(
                    start: view.address + offset * size, count: size)
                UnsafeMutableRawBufferPointer(rebasing: buffer[(place * size)...])
                    .copyMemory(from: element)
            }
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

    private static func format(_ texts: ArraySlice<String>, _ extents: ArraySlice<Int>) -> String {
        guard let extent = extents.first else { return texts.first ?? "" }
        let count = shown(extent).count
        let step = count == 0 ? 0 : texts.count / count
        var parts = (0..<count).map { part in
            let start = texts.startIndex + part * step
            return format(texts[start..<(start + step)], extents.dropFirst())
        }
        if count < extent { parts.insert("…", at: edgeCount) }
        return "[" + parts.joined(separator: ", ") + "]"
    }
}
