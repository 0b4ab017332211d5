package import Braid
import Foundation

/// How far arrays are from those that they should equal, bit for bit.
package struct Deviation {
    /// The largest error of an element, relative to the larger of 1 and what it should be; infinite
    /// where one is a number and the other is not, and for arrays of other types.
    package private(set) var worstError = 0.0
    /// How many elements have other bits.
    package private(set) var differingCount = 0
    /// How many elements were compared.
    package private(set) var comparedCount = 0
    /// How many elements should be infinite or NaN: after one, others are often so whatever is computed.
    package private(set) var nonFiniteCount = 0
    /// The array with the worst error, among those that differ.
    package private(set) var worstArray: String?

    /// Nothing compared yet.
    package init() {}

    /// Compares rows of named arrays.
    /// - Throws: the failure that elements depend on.
    package mutating func compare(_ arrays: [NamedArray], with expected: [NamedArray]) throws {
        guard arrays.map(\.name) == expected.map(\.name) else {
            return note("the number of arrays", error: .infinity, count: 1)
        }
        for (array, expected) in zip(arrays, expected) {
            try compare(array.array, with: expected.array, expected.name)
        }
    }

    private mutating func compare(
        _ array: NDArray, with expected: NDArray, _ name: String
    ) throws {
        comparedCount += expected.count
        if expected.dtype.isFloating {
            let finite = try expected.isFinite().sum().scalar(as: Int64.self)
            nonFiniteCount += expected.count - Int(finite)
        }
        guard array.type == expected.type else {
            return note("the type of \(name)", error: .infinity, count: expected.count)
        }
        let size = array.dtype.size
        let differing = try array.withBytes { bytes in
            try expected.withBytes { expected -> [Int] in
                if memcmp(bytes.baseAddress!, expected.baseAddress!, bytes.count) == 0 { return [] }
                return (0..<array.count).filter { index in
                    let range = (index * size)..<((index + 1) * size)
                    return !bytes[range].elementsEqual(expected[range])
                }
            }
        }
        if differing.isEmpty { return }
        let values = try array.cast(to: .f64).scalars(as: Double.self)
        let wanted = try expected.cast(to: .f64).scalars(as: Double.self)
        let errors = differing.map { Self.error(values[$0], wanted[$0]) }
        note(name, error: errors.max() ?? 0, count: differing.count)
    }

    private mutating func note(_ name: String, error: Double, count: Int) {
        differingCount += count
        if worstArray == nil || error > worstError { worstArray = name }
        worstError = max(worstError, error)
    }

    private static func error(_ value: Double, _ expected: Double) -> Double {
        // Bits of NaN, and those of zeros.
        if value == expected || (value.isNaN && expected.isNaN) { return 0 }
        let error = abs(value - expected) / max(1, abs(expected))
        return error.isFinite ? error : .infinity
    }
}

/// An array and what reports call it.
package struct NamedArray {
    let name: String
    let array: NDArray

    package init(name: String, array: NDArray) {
        self.name = name
        self.array = array
    }
}
