import BraidCore
package import BraidOperators
import Foundation

extension Sample {
    /// A row per function of two operands.
    static let binary = Binary.Function.allCases.map { function in
        let row = BinaryRow(function)
        return Sample(
            description: "binary \(function)", dtypes: row.dtypes,
            make: { dtype, size, generator in
                var inputs = generator.operands(2, dtype, row.domains, size)
                if size == .small, row.dependsOnOrder {
                    inputs = generator.separated(inputs)
                }
                return OperatorCase(op: Binary(function), inputs: inputs)
            },
            reference: { [pointwise($0.inputs, $0.inputs[0].dtype, row.function.callAsFunction)] },
            refused: [
                RefusedCall(
                    Binary(function), [TensorType(.f32, [2]), TensorType(.f64, [2])],
                    name: "\(function)", mentions: ["f32[2]", "f64[2]"]),
                RefusedCall(
                    Binary(function), [TensorType(.f32, [2, 3]), TensorType(.f32, [4])],
                    name: "\(function)", mentions: ["[2, 3]", "[4]"]),
            ])
    }

    /// The same functions with a scalar on either side.
    static let binaryScalar =
        Binary.Function.allCases.filter { !withoutScalarForms.contains($0) }.flatMap { function in
            [false, true].map { binaryScalar(function, isScalarFirst: $0) }
        }
        + withoutScalarForms.map { function in
            Sample(
                description: "binary_scalar \(function)", dtypes: [],
                make: { _, _, _ in preconditionFailure("takes no dtype") }, reference: { _ in [] },
                refused: [
                    RefusedCall(
                        BinaryScalar(function, 1), [TensorType(.f32, [2])], name: "\(function)",
                        mentions: ["scalar"])
                ])
        }

    /// Functions that take arrays only.
    package static let withoutScalarForms: [Binary.Function] = [
        .arcTangent, .hypotenuse, .logAddExp, .floorDivide, .modulo,
    ]

    private static func binaryScalar(_ function: Binary.Function, isScalarFirst: Bool) -> Sample {
        let row = BinaryRow(function)
        let (own, other) = isScalarFirst ? (1, 0) : (0, 1)
        return Sample(
            description: "binary_scalar \(function)\(isScalarFirst ? " of scalar" : "")",
            dtypes: row.dtypes,
            make: { dtype, size, generator in
                // A single element of the other operand's domain is the scalar.
                let scalar = generator.array(dtype, [], row.domains[other], .small)
                var domain = row.domains[own]
                if row.dependsOnOrder { domain.kinks.append(scalar.reals[0]) }
                let inputs = generator.operands(1, dtype, [domain], size)
                let isBound = function == .minimum || function == .maximum
                return OperatorCase(
                    op: BinaryScalar(
                        function, scalar.reals[0], isScalarFirst: isScalarFirst,
                        isFlatAtTie: isBound && generator.oneIn(2)),
                    inputs: inputs)
            },
            reference: { call in
                let scalar = HostArray(
                    call.inputs[0].dtype, [], [(call.op as? BinaryScalar)!.scalar])
                let operands =
                    isScalarFirst ? [scalar, call.inputs[0]] : [call.inputs[0], scalar]
                return [pointwise(operands, scalar.dtype, row.function.callAsFunction)]
            },
            refused: [
                RefusedCall(
                    BinaryScalar(function, 0.5, isScalarFirst: isScalarFirst),
                    [TensorType(.i32, [2])], name: "\(function)", mentions: ["0.5", "i32"]),
                RefusedCall(
                    BinaryScalar(function, 1, isScalarFirst: isScalarFirst),
                    [TensorType(.bool, [2, 2])], name: "\(function)",
                    mentions: ["bool[2, 2]"]),
            ])
    }
}

extension SeededGenerator {
    /// Two operands of which no element of one is near any element of the other.
    fileprivate mutating func separated(_ inputs: [HostArray]) -> [HostArray] {
        inputs.enumerated().map { position, input in
            HostArray(
                input.dtype, input.shape,
                input.elements.map { _ in
                    Double(int(-4...4)) + Double(position) * 0.5 + double(0.1, 0.4)
                }
            )
        }
    }
}

/// A function of two operands as plain arithmetic, with the domains of random tests.
private struct BinaryRow {
    let function: ElementFunction
    var domains = [Domain()]
    /// Whether the slope jumps where the operands are equal.
    var dependsOnOrder = false

    var dtypes: [DType] {
        function.integer == nil ? DType.computedFloating : DType.arithmetic
    }

    init(_ function: Binary.Function) {
        // Quotients stay between whole numbers: the remainder jumps there.
        let wholeParts = [Domain(low: 4.2, high: 4.8), Domain(low: 1.65, high: 2.05)]
        switch function {
        case .add: self.init({ $0 + $1 }, integer: { $0 &+ $1 })
        case .subtract: self.init({ $0 - $1 }, integer: { $0 &- $1 })
        case .multiply: self.init({ $0 * $1 }, integer: { $0 &* $1 })
        case .divide:
            self.init({ $0 / $1 }, integer: { $1 == 0 ? 0 : $0 / $1 }, [Domain(), .positive])
        case .minimum:
            self.init(
                { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }, integer: { min($0, $1) })
            dependsOnOrder = true
        case .maximum:
            self.init(
                { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }, integer: { max($0, $1) })
            dependsOnOrder = true
        case .power:
            self.init(
                { pow($0, $1) }, integer: BinaryRow.power,
                [.positive, Domain(low: -2, high: 3, integers: -3...7)])
        case .remainder:
            self.init({ fmod($0, $1) }, integer: { $1 == 0 ? 0 : $0 % $1 }, wholeParts)
        case .arcTangent:
            self.init({ atan2($0, $1) }, integer: nil, [Domain(), .positive])
        case .hypotenuse: self.init({ hypot($0, $1) }, integer: nil, [Domain(), .positive])
        case .logAddExp:
            self.init(
                {
                    $0 == $1
                        ? $0 + log(2)
                        : $0.isNaN || $1.isNaN ? .nan : max($0, $1) + log1p(exp(-abs($0 - $1)))
                }, integer: nil)
        case .floorDivide:
            self.init(BinaryRow.floorQuotient, integer: BinaryRow.floorQuotient, wholeParts)
        case .modulo: self.init(BinaryRow.modulo, integer: BinaryRow.modulo, wholeParts)
        }
    }

    private init(
        _ real: @escaping @Sendable (Double, Double) -> Double,
        integer: (@Sendable (Int128, Int128) -> Int128)?,
        _ domains: [Domain] = [Domain(), Domain()]
    ) {
        function = ElementFunction(real, integer: integer)
        self.domains = domains
    }

    /// As Python divides: the remainder has the divisor's sign.
    @Sendable private static func modulo(_ a: Double, _ b: Double) -> Double {
        let rest = fmod(a, b)
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
    }
    @Sendable private static func modulo(_ a: Int128, _ b: Int128) -> Int128 {
        b == 0 ? 0 : a - b * floorQuotient(a, b)
    }
    @Sendable private static func floorQuotient(_ a: Double, _ b: Double) -> Double {
        if b == 0 { return a / b }
        if b.isInfinite, a.isFinite { return a != 0 && (a < 0) != (b < 0) ? -1 : 0 }
        return ((a - modulo(a, b)) / b).rounded()
    }
    @Sendable private static func floorQuotient(_ a: Int128, _ b: Int128) -> Int128 {
        if b == 0 { return 0 }
        return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0)
    }

    /// A whole power by repeated multiplication; 1 / a^-b truncated for a negative exponent.
    @Sendable private static func power(_ base: Int128, _ exponent: Int128) -> Int128 {
        if exponent < 0 {
            return base.magnitude == 1 ? (exponent % 2 == 0 ? 1 : base) : 0
        }
        var (result, square, left) = (Int128(1), base, exponent)
        while left > 0 {
            if left % 2 == 1 { result = result &* square }
            square = square &* square
            left /= 2
        }
        return result
    }
}
