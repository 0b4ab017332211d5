public import BraidCore
import BraidOperators
public import BraidRuntime

/// A fully connected layer: `activation(x Wᵀ + b)`.
///
/// Takes `[batch…, inputs]`, returns `[batch…, units]`; `weight` is `[units, inputs]`, `bias`
/// `[units]`.
public struct Dense: Block {
    /// `[units, inputs]`.
    @Parameter public var weight: NDArray
    /// `[units]`, or nil.
    public let bias: Parameter?
    /// The number of outputs.
    public let units: Int
    /// Applied to the result.
    public let activation: Activation?

    /// A layer with `units` outputs.
    /// - Parameters:
    ///   - inputs: the extent of the last input dimension; learnt from the first input when nil.
    ///   - usesBias: whether a bias is added.
    /// - Precondition: `units` and `inputs` are at least 1.
    public init(
        _ units: Int, inputs: Int? = nil, activation: Activation? = nil, usesBias: Bool = true,
        initializer: Initializer = .xavier, dtype: DType = .f32,
        fileID: StaticString = #fileID, line: UInt = #line
    ) {
        let check = ArgumentCheck("dense", fileID, line)
        let (units, inputs) = (check.extent(units, "units"), check.extent(inputs, "inputs"))
        self.units = units
        self.activation = activation
        _weight = Parameter(
            inputs.map { [units, $0] }, dtype: dtype, initializer: initializer)
        bias = usesBias ? Parameter([units], dtype: dtype, initializer: .zeros) : nil
    }

    /// Computes `activation(x Wᵀ + b)`.
    public func forward(_ x: NDArray) -> NDArray {
        guard x.rank > 0 else {
            return x.refused(
                .shapeMismatch, in: "dense", "takes [batch…, inputs], not a scalar"
            )
        }
        $weight.resolve([units, x.shape[x.rank - 1]], for: "dense")
        var y = x.matmul(weight.transposed())
        if let bias { y = y + bias.wrappedValue }
        return activation?.forward(y) ?? y
    }
}
