import BraidCore
import BraidOperators
import Foundation

extension Sample {
    /// Random operators against Philox as its authors describe it, with the mapping of bits that
    /// `BraidKernels.h` documents; the row's dtype is the result's.
    static let random: [Sample] = [
        Sample(
            description: "random_uniform", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let from = generator.double(-3, 1)
                return OperatorCase(
                    op: RandomUniform(
                        shape: generator.shape(0...3, size), dtype: dtype, from: from,
                        to: from + generator.double(0, 4)),
                    inputs: [generator.key()])
            },
            reference: { call in
                let op = (call.op as? RandomUniform)!
                return [
                    NaivePhilox(call.inputs[0]).array(op.dtype, op.shape) { philox, position in
                        op.from + (op.to - op.from) * philox.unit(position, op.dtype)
                    }
                ]
            },
            differentiableOrders: 0,
            refused: keyMistakes {
                RandomUniform(shape: [2], dtype: $0, from: 0, to: 1)
            }),
        Sample(
            description: "random_normal", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                OperatorCase(
                    op: RandomNormal(
                        shape: generator.shape(0...3, size), dtype: dtype,
                        mean: generator.double(-2, 2),
                        standardDeviation: generator.double(0, 2)),
                    inputs: [generator.key()])
            },
            reference: { call in
                let op = (call.op as? RandomNormal)!
                return [
                    NaivePhilox(call.inputs[0]).array(op.dtype, op.shape) { philox, position in
                        op.mean + op.standardDeviation * philox.normal(position, op.dtype)
                    }
                ]
            },
            differentiableOrders: 0,
            refused: keyMistakes {
                RandomNormal(shape: [2], dtype: $0, mean: 0, standardDeviation: 1)
            }),
        Sample(
            description: "random_bernoulli", dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                OperatorCase(
                    op: RandomBernoulli(
                        shape: generator.shape(0...3, size), dtype: dtype,
                        probability: generator.pick([0, 1, generator.double(0, 1)])),
                    inputs: [generator.key()])
            },
            reference: { call in
                let op = (call.op as? RandomBernoulli)!
                return [
                    NaivePhilox(call.inputs[0]).array(op.dtype, op.shape) { philox, position in
                        philox.unit(position, op.dtype) < op.probability ? 1 : 0
                    }
                ]
            },
            differentiableOrders: 0,
            refused: keyMistakes { RandomBernoulli(shape: [2], dtype: $0, probability: 0.5) } + [
                RefusedCall(
                    RandomBernoulli(shape: [2], dtype: .f32, probability: 1.5), [keyType],
                    mentions: ["1.5", "0...1"])
            ]),
    ]

    private static let keyType = TensorType(.i64, [2])

    private static func keyMistakes(_ op: (DType) -> any Operator) -> [RefusedCall] {
        [
            RefusedCall(op(.f32), [TensorType(.i64, [3])], mentions: ["i64[2]", "i64[3]"]),
            RefusedCall(op(.f32), [TensorType(.f32, [2])], mentions: ["i64[2]", "f32[2]"]),
            RefusedCall(op(.i32), [keyType], mentions: ["f32 or f64", "i32"]),
        ]
    }
}

extension SeededGenerator {
    /// A key and a counter, as random operators take them.
    fileprivate mutating func key() -> HostArray {
        let words = [next(), next() >> UInt64(int(1...63))]
        return HostArray(
            TensorType(.i64, [2]), words.map { .integer(Int128(Int64(bitPattern: $0))) })
    }
}

/// Philox 4x32-10, in the words of its authors (Salmon et al., SC 2011), one block at a time.
package struct NaivePhilox {
    let key: UInt64
    let counter: UInt64

    init(key: UInt64, counter: UInt64) {
        self.key = key
        self.counter = counter
    }

    fileprivate init(_ operand: HostArray) {
        let words = operand.integers.map { UInt64(truncatingIfNeeded: $0) }
        self.init(key: words[0], counter: words[1])
    }

    package static func block(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
        var (counter, key) = (counter, key)
        for _ in 0..<10 {
            let left = UInt64(counter[0]) * 0xD251_1F53
            let right = UInt64(counter[2]) * 0xCD9E_8D57
            counter = [
                UInt32(right >> 32) ^ counter[1] ^ key[0], UInt32(truncatingIfNeeded: right),
                UInt32(left >> 32) ^ counter[3] ^ key[1], UInt32(truncatingIfNeeded: left),
            ]
            key = [key[0] &+ 0x9E37_79B9, key[1] &+ 0xBB67_AE85]
        }
        return counter
    }

    private func words(_ block: Int) -> [UInt32] {
        let position = counter &+ UInt64(block)
        return NaivePhilox.block(
            [UInt32(truncatingIfNeeded: position), UInt32(position >> 32), 0, 0],
            [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)])
    }

    /// The element's number in [0, 1): 32 bits of it for f32, 53 for f64.
    func unit(_ position: Int, _ dtype: DType) -> Double {
        if dtype == .f32 { return Double(words(position / 4)[position % 4]) * 0x1p-32 }
        let block = words(position / 2)
        let (low, high) = (block[2 * (position % 2)], block[2 * (position % 2) + 1])
        return Double((UInt64(high) << 32 | UInt64(low)) >> 11) * 0x1p-53
    }

    /// The element's normally distributed number, by Box and Muller from a pair of neighbours.
    func normal(_ position: Int, _ dtype: DType) -> Double {
        let first = position & ~1
        let step = dtype == .f32 ? 0x1p-32 : 0x1p-53
        let radius = (-2 * log(unit(first, dtype) + step)).squareRoot()
        let angle = 2 * Double.pi * unit(first + 1, dtype)
        return radius * (position == first ? cos(angle) : sin(angle))
    }

    fileprivate func array(
        _ dtype: DType, _ shape: Shape, _ element: (NaivePhilox, Int) -> Double
    ) -> HostArray {
        HostArray(dtype, shape, (0..<shape.elementCount).map { element(self, $0) })
    }
}
