import Braid
import BraidTestSupport

/// Damage to JSON that leaves it JSON.
enum JSONDamage {
    /// The value with one of its parts changed.
    static func damaged(_ json: JSON, _ generator: inout SeededGenerator) -> JSON {
        switch json {
        case .array(var values):
            guard !values.isEmpty, !generator.oneIn(8) else { return other(generator: &generator) }
            let index = generator.int(0...values.count - 1)
            switch generator.int(0...9) {
            case 0: values.remove(at: index)
            case 1: values.insert(values[index], at: index)
            case 2: values.swapAt(index, generator.int(0...values.count - 1))
            default: values[index] = damaged(values[index], &generator)
            }
            return .array(values)
        case .object(var pairs):
            guard !pairs.isEmpty, !generator.oneIn(12) else { return other(generator: &generator) }
            let index = generator.int(0...pairs.count - 1)
            switch generator.int(0...12) {
            case 0: pairs.remove(at: index)
            case 1: pairs[index].0 = "other"
            case 2: pairs.insert(("random_key", .bool(true)), at: index)
            default: pairs[index].1 = damaged(pairs[index].1, &generator)
            }
            return .object(pairs)
        case .integer(let value):
            let near = [value &- 1, value &+ 1, 0 &- value, value &* 2].randomElement(
                using: &generator)!
            return generator.oneIn(2) ? .integer(near) : other(generator: &generator)
        default: return other(generator: &generator)
        }
    }

    private static func other(generator: inout SeededGenerator) -> JSON {
        let integers: [Int64] = [
            0, 1, -1, 2, 7, 8, 63, 64, 255, 1 << 20, 1 << 31, 1 << 32, 1 << 40, 1 << 61, .max, .min,
        ]
        switch generator.int(0...9) {
        case 0: return .null
        case 1: return .bool(generator.oneIn(2))
        case 2: return .number(generator.pick([0.5, -0.0, 1e300, -1e-300]))
        case 3:
            return .string(generator.pick(["", "f32", "i64", "bool", "nan", "-inf", "sum", "x"]))
        case 4:
            return .array([.integer(generator.pick(integers)), .integer(generator.pick(integers))])
        case 5: return .object([])
        default: return .integer(generator.pick(integers))
        }
    }
}
