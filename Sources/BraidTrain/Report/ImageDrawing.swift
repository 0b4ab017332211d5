import Braid

/// An image as lines of text, two characters a pixel.
enum ImageDrawing {
    /// Rows that a drawing has at most; larger images are made smaller.
    private static let maximumHeight = 14
    private static let shades = Array(" .:-=+*#%@")

    /// The drawing of an image with one channel and values in 0...1; nil for inputs of other types.
    /// - Throws: `EngineError`, the failure that the elements depend on.
    static func lines(of input: NDArray) throws(EngineError) -> [String]? {
        let shape = input.shape
        guard input.dtype == .f32, shape.rank == 2 || shape.rank == 3 && shape[0] == 1,
            shape.elementCount > 0
        else { return nil }
        let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
        let pixels = try input.scalars(as: Float.self)
        // Each character pair stands for the mean of a square.
        let step = (max(height, width) + maximumHeight - 1) / maximumHeight
        return stride(from: 0, to: height, by: step).map { top in
            let rows = top..<min(top + step, height)
            return String(
                stride(from: 0, to: width, by: step).flatMap { left in
                    let columns = left..<min(left + step, width)
                    let values = rows.flatMap { row in columns.map { pixels[row * width + $0] } }
                    let mean = values.reduce(0, +) / Float(values.count)
                    // NaN has no shade, and no place in a list.
                    let shade =
                        mean.isNaN
                        ? "?" : shades[Int(min(max(mean, 0), 1) * Float(shades.count - 1))]
                    return [shade, shade]
                })
        }
    }
}
