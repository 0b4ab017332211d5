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
    /// - Throws: `ArrayError` for a value that the dtype cannot hold, as 1e300 in f32.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            dtype.holds(value) && (dtype.holdsMagnitude(of: value) || value.isInfinite),
            .invalidValue, "the value \(value) is no value of \(dtype)")
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
    /// - Throws: `ArrayError` for a negative count, a start or a step that is not finite, elements that are not
    ///   in the dtype, and other dtypes.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try require(
            (0..<(1 << 32)).contains(count), .invalidValue,
            "the count \(count) is out of range; expected 0..<2^32")
        let type = TensorType(dtype, try shape([count]))
        try require(type, "numbers") { $0.isArithmetic }
        try require(start.isFinite, .invalidValue, "the start \(start) is not finite")
        try require(step.isFinite, .invalidValue, "the step \(step) is not finite")
        let last = start + step * Double(max(count - 1, 0))
        func isHeld(_ value: Double) -> Bool {
            dtype.isInteger
                ? count == 0 || dtype.holds(value.rounded(.towardZero))
                : dtype.holdsMagnitude(of: value)
        }
        try require(
            isHeld(start) && isHeld(last), .invalidValue,
            "the start \(start), the step \(step) and the count \(count) lead to \(last), which is no "
                + "value of \(dtype)")
        return type
    }

    /// Writes the sequence.
    public func evaluate(_ context: borrowing KernelContext) {
        let output = context.outputs[0]
        func write<T>(_ convert: (Double) -> T) {
            let elements = output.address.assumingMemoryBound(to: T.self)
            for index in 0..<count { elements[index] = convert(start + step * Double(index)) }
        }
        func truncated<T: FixedWidthInteger>(_ value: Double) -> T {
            // Inference has refused what is not held.
            T(exactly: value.rounded(.towardZero)) ?? 0
        }
        switch output.dtype {
        case .f32: write { Float($0) }
        case .f64: write { $0 }
        case .i8: write { truncated($0) as Int8 }
        case .i16: write { truncated($0) as Int16 }
        case .i32: write { truncated($0) as Int32 }
        case .i64: write { truncated($0) as Int64 }
        case .u8: write { truncated($0) as UInt8 }
        case .u16: write { truncated($0) as UInt16 }
        case .u32: write { truncated($0) as UInt32 }
        case .u64: write { truncated($0) as UInt64 }
        case .f16, .bf16, .bool: break  // refused by inference
        }
    }
}

extension Operand {
    /// An array with all elements equal.
    /// - Precondition: `value` is one of the dtype.
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
    /// - Precondition: `start` and `step` are finite, `step` is not 0, `count` is not negative, and the
    ///   dtype holds the elements, rounded towards 0 where it is one of integers.
    public static func range(
        from start: Double = 0, step: Double = 1, count: Int, dtype: DType = .f32
    ) -> Self {
        guard count < 2 || step != 0 else {
            return refused(
                .invalidValue, in: "range",
                "the step \(step) does not lead from one element to the next; full(_:_:) repeats one"
            )
        }
        return apply(ArithmeticSequence(start: start, step: step, count: count, dtype: dtype))
    }
    /// The identity matrix.
    /// - Precondition: `extent` is not negative.
    public static func eye(_ extent: Int, dtype: DType = .f32) -> Self {
        guard Shape(exactly: [extent, extent]) != nil else {
            return refused(
                .invalidValue, in: "eye", "the extent \(extent) makes no shape: \(Shape.rule)")
        }
        let index = range(count: extent, dtype: .i64)
        return (index.reshaped(to: [extent, 1]) .== index).cast(to: dtype)
    }
}

extension DType {
    /// Whether a number is finite, and so when rounded to this dtype; of integers `holds` says more.
    package func holdsFinite(_ value: Double) -> Bool {
        !value.isNaN && holdsMagnitude(of: value)
    }

    /// Whether that holds of a number and of its reciprocal, so that one may multiply by it and divide.
    package func holdsScale(_ value: Double) -> Bool {
        value != 0 && holdsFinite(value) && holdsMagnitude(of: 1 / value)
    }

    /// Whether the largest value has at least the magnitude of a finite number; true of NaN, and of integers,
    /// for which `holds` says all.
    func holdsMagnitude(of value: Double) -> Bool {
        switch self {
        // Half a step above the largest number is rounded to infinity.
        case .f16: value.isNaN || value.magnitude < 65_520
        case .bf16: value.isNaN || value.magnitude < 0x1.FFp127
        case .f32: value.isNaN || Float(value.magnitude).isFinite
        default: value.isNaN || value.isFinite
        }
    }
}
