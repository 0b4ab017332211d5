import BraidCore
import BraidOperators

extension Sample {
    /// Of elements that are in range; those that are not have tests of their own.
    static let rangeCheck = Sample(
        description: "range_check",
        dtypes: DType.allCases.filter { $0.isInteger || $0.isComputedFloating },
        make: { dtype, size, generator in
            let shape = generator.shape(0...3, size)
            let bounds: [Double] =
                shape.extents.last.map { extent in
                    generator.oneIn(2) && extent > 0
                        ? (0..<extent).map { Double(60 + $0 % 60) } : [50]
                } ?? [50]
            let values = Domain(
                low: 0, high: 50, specials: [0, -0.0, 50, 0.5], integers: 0...50)
            return OperatorCase(
                op: RangeCheck(
                    0, bounds, of: "number", in: "test", exception: generator.oneIn(2) ? -1 : nil,
                    allowsNaN: generator.oneIn(2), advice: generator.oneIn(2) ? "count" : ""),
                inputs: [inRange(generator.array(dtype, shape, values, size))])
        },
        reference: { $0.inputs },
        refused: [
            RefusedCall(
                RangeCheck(0, [1], of: "number", in: "test"), [TensorType(.bool, [2])],
                mentions: ["bool[2]"]),
            RefusedCall(
                RangeCheck(0, [1, 2, 3], of: "number", in: "test"), [TensorType(.i32, [4, 2])],
                mentions: ["3 upper bounds", "i32[4, 2]"]),
        ])

    /// Every element brought into 0...50.
    private static func inRange(_ array: HostArray) -> HostArray {
        HostArray(array.type) { index in
            switch array[index] {
            case .real(let value): .real(value >= 0 && value <= 50 ? value : 1)
            case .integer(let value): .integer(min(max(value, 0), 50))
            }
        }
    }
}
