import BraidCore
import BraidRuntime

/// Weights of ones and biases of zeros of a normalising layer, each where it is wanted.
struct NormalizationParameters {
    let weight: Parameter?
    let bias: Parameter?

    /// - Parameters:
    ///   - layer: the layer's name, for messages.
    ///   - shape: nil when the first input says it.
    ///   - epsilon: the layer's, which is checked here.
    init(
        _ check: ArgumentCheck, _ shape: Shape?, epsilon: Double, isAffine: Bool,
        usesBias: Bool = true,
        _ dtype: DType
    ) {
        check.numbers(notNegative: ["epsilon": epsilon])
        weight = isAffine ? Parameter(shape, dtype: dtype, initializer: .ones) : nil
        bias = isAffine && usesBias ? Parameter(shape, dtype: dtype, initializer: .zeros) : nil
    }
}

extension NDArray {
    /// Tells the parameters of a layer over channels how many there are; false after a mistake.
    func resolveChannels(_ parameters: [Parameter?], for layer: String) -> Bool {
        guard rank >= 2 else {
            ArrayError(
                .shapeMismatch, in: layer,
                "takes [batch, channels, extents…], not shape \(shape)"
            ).report()
            return false
        }
        for parameter in parameters { parameter?.resolve([shape[1]], for: layer) }
        return true
    }

    /// Tells the parameters of a layer over the last axes their extents; false after a mistake.
    func resolveLastAxes(_ axes: Int, _ parameters: [Parameter?], for layer: String) -> Bool {
        guard rank >= axes else {
            ArrayError(
                .shapeMismatch, in: layer,
                "cannot normalise the last \(axes) axes of shape \(shape)"
            ).report()
            return false
        }
        let extents = Shape(shape.extents.suffix(axes))
        for parameter in parameters { parameter?.resolve(extents, for: layer) }
        return true
    }
}
