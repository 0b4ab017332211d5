public import BraidCore
package import CBraidKernels

/// An array with all elements equal.
public struct Fill: PointwiseOperator {
    /// The name in files.
    public static let name = "fill"
    /// Nothing flows into it.
    public static let traits: OperatorTraits = [.pointwise, .notDifferentiable]
    /// No operand.
    public static let arity: Int? = 0

    /// The extents.
    public let shape: Shape
    /// The dtype.
    public let dtype: DType
    /// The value of every element.
    @BitExact public private(set) var value: Double

    package init(_ shape: Shape, _ dtype: DType, _ value: Double) {
        self.shape = shape
        self.dtype = dtype
        self.value = value
    }

    /// Dtype and shape of the attributes.
    /// - Throws: `ArrayError` for a value that the dtype cannot hold.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            dtype.holds(value), .invalidValue, "\(value) is no value of \(dtype)")
        return TensorType(dtype, shape)
    }

    package func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction {
        braid_instruction(BRAID_CONST, dtype, scalar: value)
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) { run(context) }
}

/// The arithmetic sequence `start, start + step, …`, f64 before it is rounded to the dtype.
public struct ArithmeticSequence: Operator {
    /// The name in files.
    public static let name = "range"
    /// Nothing flows into it.
    public static let traits: OperatorTraits = .notDifferentiable
    /// No operand.
    public static let arity: Int? = 0

    /// The first element.
    @BitExact public private(set) var start: Double
    /// The difference of neighbours.
    @BitExact public private(set) var step: Double
    /// The number of elements.
    public let count: Int
    /// The dtype, a number type.
    public let dtype: DType

    package init(start: Double, step: Double, count: Int, dtype: DType) {
        self.start = start
        self.step = step
        self.count = count
        self.dtype = dtype
    }

    /// A vector of `count` elements.
    /// - Throws: `ArrayError` for a negative count and other dtypes.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let type = TensorType(dtype, try shape([count]))
        try require(type, "numbers") { $0.isArithmetic }
        return type
    }

    /// Writes the sequence.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        func write<T>(_ convert: (Double) -> T) {
            let elements = output.address.assumingMemoryBound(to: T.self)
            for index in 0..<count { elements[index] = convert(start + step * Double(index)) }
        }
        func limited<T: FixedWidthInteger>(_ value: Double) -> T {
            T(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
        }
        switch output.dtype {
        case .f32: write { Float($0) }
        case .f64: write { $0 }
        case .i8: write { limited($0) as Int8 }
        case .i16: write { limited($0) as Int16 }
        case .i32: write { limited($0) as Int32 }
        case .i64: write { limited($0) as Int64 }
        case .u8: write { limited($0) as UInt8 }
        case .u16: write { limited($0) as UInt16 }
        case .u32: write { limited($0) as UInt32 }
        case .u64: write { limited($0) as UInt64 }
        case .f16, .bf16, .bool: break  // refused by inference
        }
    }
}

extension Operand {
    /// An array with all elements equal.
    public static func full(_ shape: Shape, _ value: Double, dtype: DType = .f32) -> Self {
        apply(Fill(shape, dtype, value))
    }
    /// An array of zeros.
    public static func zeros(_ shape: Shape, dtype: DType = .f32) -> Self {
        full(shape, 0, dtype: dtype)
    }
    /// An array of ones.
    public static func ones(_ shape: Shape, dtype: DType = .f32) -> Self {
        full(shape, 1, dtype: dtype)
    }
    /// The vector `start, start + step, …` of `count` elements.
    public static func range(
        from start: Double = 0, step: Double = 1, count: Int, dtype: DType = .f32
    ) -> Self {
        apply(ArithmeticSequence(start: start, step: step, count: count, dtype: dtype))
    }
    /// The identity matrix.
    public static func eye(_ extent: Int, dtype: DType = .f32) -> Self {
        let index = range(count: extent, dtype: .i64)
        return (index.reshaped(to: [extent, 1]) .== index).cast(to: dtype)
    }
}
