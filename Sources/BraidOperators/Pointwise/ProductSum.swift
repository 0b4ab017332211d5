public import BraidCore
package import CBraidKernels

/// The product of two operands plus a third, element by element, of floating-point numbers rounded once;
/// shapes broadcast.
public struct ProductSum: PointwiseOperator {
    /// The name in files.
    public static let name = "product_sum"
    /// Pointwise.
    public static let traits: OperatorTraits = .pointwise
    /// Two factors and what is added.
    public static let arity: Int? = 3

    package init() {}

    /// The operands' dtype and the shape that all three broadcast to.
    /// - Throws: `ArrayError` for dtypes without arithmetic, unequal ones, and shapes that do not
    ///   broadcast.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(inputs[0], "numbers") { $0.isArithmetic }
        try requireSameType(inputs[0], inputs[1])
        try requireSameType(inputs[0], inputs[2])
        let product = TensorType(inputs[0].dtype, try broadcast(inputs[0], inputs[1]))
        return TensorType(product.dtype, try broadcast(product, inputs[2]))
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(BRAID_FMA, inputs[0].dtype)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }

    /// The factors.
    public var gradientNeeds: GradientNeeds { .inputs }

    /// The cotangent times the other factor, and the cotangent.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        let (a, b, dy) = (context.inputs[0], context.inputs[1], context.cotangent)
        return [
            (dy * b).reduced(to: a.shape), (dy * a).reduced(to: b.shape),
            dy.reduced(to: context.inputs[2].shape),
        ]
    }
}

extension Operand {
    /// This array plus the product of two others, element by element; of floating-point numbers it is
    /// rounded once. Integers wrap; all three broadcast.
    /// - Precondition: the dtypes are equal.
    public func addingProduct(_ a: Self, _ b: Self) -> Self {
        Self.apply(ProductSum(), a, b, self)
    }
}
