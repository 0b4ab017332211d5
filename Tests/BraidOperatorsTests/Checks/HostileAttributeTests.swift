import BraidCore
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Attributes come from files: whatever they are, inference answers with a type or an `ArrayError`,
/// and what it accepts is a shape.
@Suite(.printsSeed) struct HostileAttributeTests {
    /// Every number in an operator's JSON replaced by one from the edges of `Int`.
    @Test(arguments: Sample.all.filter { !$0.dtypes.isEmpty })
    func numbersAtTheEdges(_ sample: Sample) {
        Seeds.repeated(150) { generator in
            let call = sample.make(sample.dtypes[0], .small, &generator)
            var types = call.inputs.map(\.type)
            if generator.oneIn(2), !types.isEmpty {
                let position = generator.int(0...types.count - 1)
                types[position].shape = generator.hugeShape(types[position].rank)
            }
            try check(call.op, types, &generator)
        }
    }

    private func check<O: Operator>(
        _ op: O, _ types: [TensorType], _ generator: inout SeededGenerator
    ) throws {
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(op))
        let data = try JSONSerialization.data(withJSONObject: generator.corrupted(json))
        guard let read = try? JSONDecoder().decode(O.self, from: data) else { return }
        guard let outputs = try? read.outputs(for: types.span) else { return }
        for output in outputs {
            #expect(
                Shape(exactly: output.shape.extents) == output.shape,
                "\(read) of \(types) gives \(output)")
        }
        // What is accepted must also be planned without a trap.
        if outputs.allSatisfy({ $0.count < 1 << 40 }), types.allSatisfy({ $0.count < 1 << 40 }) {
            #expect(read.scratchByteCount(for: types.span) >= 0)
            #expect(read.cost(for: types.span, output: outputs[0]) >= 0)
        }
    }

    /// Results that would have too many elements are refused, not counted modulo 2^64.
    @Test func tooManyElements() {
        let (tall, wide) = (TensorType(.f32, [1 << 31, 1]), TensorType(.f32, [1, 1 << 31]))
        let many = 1 << 31
        let calls: [(any Operator, [TensorType])] = [
            (Binary(.add), [tall, wide]),
            (Comparison(.less), [tall, wide]),
            (MatrixProduct(), [tall, wide]),
            (
                MatrixProduct(),
                [TensorType(.f32, [4, many, 0]), TensorType(.f32, [0, 1 << 30])]
            ),
            (Broadcast(to: [1 << 31, 1]), [wide]),
            (Concatenate(axis: 0), [tall, tall]),
            (Gather(axis: 1), [tall, TensorType(.i64, [many])]),
            (StridedSliceGradient(axes: [], shape: []), [tall]),
        ]
        for (op, types) in calls {
            #expect(throws: ArrayError.self, "\(op) of \(types)") {
                try op.outputs(for: types.span)
            }
        }
    }
}

extension SeededGenerator {
    /// Large extents with few elements: all but one are 1, or one is 0.
    fileprivate mutating func hugeShape(_ rank: Int) -> Shape {
        if rank == 0 { return [] }
        var extents = [Int](repeating: 1, count: rank)
        extents[int(0...rank - 1)] = pick([0, 1 << 30, 1 << 31, (1 << 32) - 1])
        return Shape(extents)
    }

    private static let edges: [Int] = [
        .min, .min + 1, -1 << 32, -2, -1, 0, 1, 2, 7, 9, 1 << 30, 1 << 31, 1 << 32, 1 << 62,
        .max - 1, .max,
    ]

    /// A JSON value with some of its numbers replaced.
    fileprivate mutating func corrupted(_ value: Any) -> Any {
        switch value {
        case let list as [Any]:
            return list.map { corrupted($0) }
        case let object as [String: Any]:
            // In a fixed order, so that the seed decides.
            return Dictionary(
                uniqueKeysWithValues: object.keys.sorted().map { ($0, corrupted(object[$0]!)) })
        case let number as NSNumber where number.isNumber && oneIn(2):
            return NSNumber(value: pick(SeededGenerator.edges))
        default: return value
        }
    }
}

extension NSNumber {
    /// Whether `JSONSerialization` read a number here, and no truth value.
    fileprivate var isNumber: Bool { String(cString: objCType) != "c" }
}
