public import BraidCore

/// Its operand, whose elements have to lie in a range that only the data show: one outside poisons the
/// result. What composed functions put in front of indices, labels, lengths and probabilities.
public struct RangeCheck: Operator {
    /// The name in files.
    public static let name = "range_check"
    /// Looks at the elements, in place.
    public static let traits: OperatorTraits = [.checksValues, .mayReuseFirstInput]
    /// One operand.
    public static let arity: Int? = 1

    /// The function that takes the operand.
    public let function: String
    /// What an element is, as `label`.
    public let quantity: String
    /// The least element that is allowed.
    @BitExact public var lowerBound: Double
    private let bounds: [BitExact]
    /// A number that is allowed, too, such as the label of what does not count.
    public let exception: Int?
    /// Whether NaN, which no comparison rules out, passes.
    public let allowsNaN: Bool
    /// What to do instead, as the end of the message; empty for nothing.
    public let advice: String

    package init(
        _ lowerBound: Double, _ upperBounds: [Double], of quantity: String, in function: String,
        exception: Int? = nil, allowsNaN: Bool = false, advice: String = ""
    ) {
        self.function = function
        self.quantity = quantity
        self.lowerBound = lowerBound
        bounds = upperBounds.map(BitExact.init)
        self.exception = exception
        self.allowsNaN = allowsNaN
        self.advice = advice
    }

    /// The largest element that is allowed; one for all elements, or one for each place along the last
    /// axis.
    public var upperBounds: [Double] { bounds.map(\.wrappedValue) }

    /// The function.
    public var title: String { function }

    /// The operand's type.
    /// - Throws: `ArrayError` for an operand that is not of integers, f32 or f64, and for another number
    ///   of upper bounds than one or one for each place along the last axis.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        let type = inputs[0]
        try require(type, "integers, f32 or f64") { $0.isInteger || $0.isComputedFloating }
        try require(
            upperBounds.count == 1 || upperBounds.count == type.shape.extents.last,
            .invalidValue, "has \(upperBounds.count) upper bounds for \(type)")
        try require(
            !lowerBound.isNaN && !upperBounds.contains(where: \.isNaN), .invalidValue,
            "the lowerBound \(lowerBound) or one of the upper bounds is no number")
        try require(
            upperBounds.allSatisfy { $0 >= lowerBound - 1 }, .invalidValue,
            "an upper bound of \(upperBounds) is below the lowerBound \(lowerBound)")
        return type
    }

    /// What to do with labels outside the classes.
    package static let labelAdvice =
        "leave samples out with ignoring: or with a weight of 0"

    /// What is wrong with a label that is to be ignored: labels are compared with it as f64, which has not
    /// every integer beyond 2^53.
    package static func mistake(ofIgnoredLabel label: Int) -> String? {
        label.magnitude <= 1 << 53 ? nil : "ignoring: takes no label beyond ±2^53, not \(label)"
    }

    /// Looks at every element.
    /// - Throws: `ArrayError` naming the first element outside.
    public func checkValues(_ context: borrowing KernelContext) throws(ArrayError) {
        try checkValues(ofInput: 0, context)
    }

    /// The same with an input of another operator.
    func checkValues(
        ofInput number: Int, _ context: borrowing KernelContext
    ) throws(ArrayError) {
        let input = context.inputs[number]
        let found: (element: Int, value: String)? =
            switch input.dtype {
            case .f32: first(Float.self, input, context)
            case .f64: first(Double.self, input, context)
            case .i8: first(Int8.self, input, context)
            case .i16: first(Int16.self, input, context)
            case .i32: first(Int32.self, input, context)
            case .i64: first(Int64.self, input, context)
            case .u8: first(UInt8.self, input, context)
            case .u16: first(UInt16.self, input, context)
            case .u32: first(UInt32.self, input, context)
            case .u64: first(UInt64.self, input, context)
            default: nil
            }
        guard let found else { return }
        let range = described(
            upperBounds[found.element % upperBounds.count], isInteger: input.dtype.isInteger)
        throw ArrayError(
            input.dtype.isInteger ? .invalidIndex : .invalidValue, in: function,
            "\(quantity) \(found.value) at position \(input.coordinates(of: found.element)) is "
                + "outside \(range)" + (exception.map { " and is not \($0)" } ?? "")
                + (advice.isEmpty ? "" : "; \(advice)"))
    }

    private func first<T: FixedWidthInteger>(
        _ type: T.Type, _ input: TensorView, _ context: borrowing KernelContext
    ) -> (element: Int, value: String)? {
        let lowest = Int(clamping: lowerBound)
        let highest = upperBounds.map { Int(clamping: $0) }
        let exception = exception.flatMap { T(exactly: $0) }
        func isOutside(_ element: T, _ bound: Int) -> Bool {
            let number = Int(clamping: element)
            return (number < lowest || number > bound) && element != exception
        }
        let element = context.lowestPosition(of: input.type.count) { part in
            if highest.count == 1 {
                return input.firstElement(in: part, as: type) { isOutside($0, highest[0]) }
            }
            return part.first {
                isOutside(input.element($0, as: type), highest[$0 % highest.count])
            }
        }
        return element.map { ($0, "\(input.element($0, as: type))") }
    }

    private func first<T: BinaryFloatingPoint>(
        _ type: T.Type, _ input: TensorView, _ context: borrowing KernelContext
    ) -> (element: Int, value: String)? {
        let (exception, upperBounds) = (exception.map { T($0) }, upperBounds)
        func isOutside(_ element: T, _ bound: Double) -> Bool {
            if element.isNaN { return !allowsNaN }
            let number = Double(element)
            return (number < lowerBound || number > bound) && element != exception
        }
        let element = context.lowestPosition(of: input.type.count) { part in
            if upperBounds.count == 1 {
                return input.firstElement(in: part, as: type) { isOutside($0, upperBounds[0]) }
            }
            return part.first {
                isOutside(input.element($0, as: type), upperBounds[$0 % upperBounds.count])
            }
        }
        return element.map { ($0, "\(input.element($0, as: type))") }
    }

    private func described(_ bound: Double, isInteger: Bool) -> String {
        if isInteger, bound < Double(1 << 53) {
            return "\(Int(clamping: lowerBound))..<\(Int(clamping: bound) + 1)"
        }
        func text(_ number: Double) -> String {
            Int(exactly: number).map { "\($0)" } ?? "\(number)"
        }
        return bound == .infinity
            ? "\(text(lowerBound))..." : "\(text(lowerBound))...\(text(bound))"
    }

    /// Copies, unless it is in place.
    public func evaluate(_ context: borrowing KernelContext) {
        let (input, output) = (context.inputs[0], context.outputs[0])
        if output.type.count > 0, output.address != input.address || !input.isDense {
            context.copy(from: input, to: output)
        }
    }

    /// Nothing but types.
    public var gradientNeeds: GradientNeeds { [] }

    /// The cotangent; none through integers.
    public func gradient(_ context: GradientContext) -> [Symbol?] {
        [context.inputs[0].dtype.isFloating ? context.cotangent : nil]
    }
}

extension Int {
    /// The integer below a number that may be infinite.
    fileprivate init(clamping number: Double) {
        if number >= Double(Int.max) {
            self = .max
        } else if number <= Double(Int.min) {
            self = .min
        } else {
            self = Int(number.rounded(.down))
        }
    }
}

extension Operand {
    /// These integers, which have to lie in a range: the result carries an error otherwise, as
    /// `softmaxCrossEntropy: label 12 at position [3] is outside 0..<10`.
    /// - Parameters:
    ///   - quantity: what an element is, as `label`.
    ///   - function: the function that takes them.
    ///   - exception: an integer that is allowed, too.
    ///   - allowsNaN: whether NaN goes through, of integers in f32 or f64.
    ///   - advice: what to do instead, as the end of the message.
    package func inRange(
        _ range: Range<Int>, of quantity: String, in function: String, exception: Int? = nil,
        allowsNaN: Bool = false, advice: String = ""
    ) -> Self {
        Self.apply(
            RangeCheck(
                Double(range.lowerBound), [Double(range.upperBound - 1)], of: quantity,
                in: function, exception: exception, allowsNaN: allowsNaN, advice: advice), self)
    }

    /// These integers, each of which has to be from 0 on and below the extent that belongs to its place
    /// along the last axis.
    package func inRange(
        below extents: [Int], of quantity: String, in function: String
    ) -> Self {
        Self.apply(
            RangeCheck(0, extents.map { Double($0 - 1) }, of: quantity, in: function), self)
    }

    /// These numbers, f32 or f64, which have to lie in a range.
    /// - Parameter allowsNaN: whether NaN goes through.
    package func inRange(
        _ range: ClosedRange<Double>, of quantity: String, in function: String,
        allowsNaN: Bool = false, advice: String = ""
    ) -> Self {
        Self.apply(
            RangeCheck(
                range.lowerBound, [range.upperBound], of: quantity, in: function,
                allowsNaN: allowsNaN, advice: advice), self)
    }
}
