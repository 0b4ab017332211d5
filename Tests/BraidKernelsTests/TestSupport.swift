import CBraidKernels
import Foundation
import Testing

/// The seed of every random test; `BRAID_TEST_SEED` sets another one. Failures name it.
let testSeed = ProcessInfo.processInfo.environment["BRAID_TEST_SEED"].flatMap(UInt64.init) ?? 1

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ stream: UInt64 = 0) { state = testSeed &* 0x9E37_79B9_7F4A_7C15 &+ stream }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

func randoms<T: KernelScalar>(_ count: Int, using generator: inout SeededGenerator) -> [T] {
    (0..<count).map { _ in T.random(using: &generator) }
}

/// Reports the first element that differs.
func expectSame<T: KernelScalar>(
    _ got: [T], _ expected: [T], _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if got.count != expected.count {
        Issue.record("\(what()): \(got.count) elements, expected \(expected.count)")
    }
    for (index, (a, b)) in zip(got, expected).enumerated() where !a.isSame(as: b) {
        Issue.record(
            "\(what()): element \(index) is \(a), expected \(b) (seed \(testSeed))",
            sourceLocation: sourceLocation)
        return
    }
}

/// Units in the last place of the type between a result and the exact value.
func ulps<T: KernelFloat>(_ got: T, _ exact: Double) -> Double {
    let rounded = T(exact)
    if got.isNaN || rounded.isNaN { return got.isNaN && rounded.isNaN ? 0 : .infinity }
    if got == rounded { return 0 }
    if !rounded.isFinite || !got.isFinite {
        // An exact value about the largest finite number may round either way.
        let (a, b) = (
            rounded.isFinite ? rounded.magnitude : .greatestFiniteMagnitude,
            got.isFinite ? got.magnitude : .greatestFiniteMagnitude
        )
        return rounded.sign == got.sign ? Double((a - b).magnitude / b.ulp) + 1 : .infinity
    }
    return (Double(got) - exact).magnitude / Double(rounded.ulp)
}

/// Reports the worst element if it is further off than `bound`, in units in the last place.
func expectWithin<T: KernelFloat>(
    _ bound: Double, _ got: [T], _ exact: [Double], _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    var worst = (error: 0.0, index: 0)
    for index in got.indices {
        let error = ulps(got[index], exact[index])
        if error > worst.error { worst = (error, index) }
    }
    if worst.error > bound {
        Issue.record(
            """
            \(what()): element \(worst.index) is \(got[worst.index]), exactly \
            \(exact[worst.index]), \(worst.error) ulp off (seed \(testSeed))
            """, sourceLocation: sourceLocation)
    }
}

/// Reports the first element that is further off than `allowed` says for its index.
func expectNear<T: KernelFloat>(
    _ got: [T], _ exact: [Double], _ what: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation, within allowed: (Int) -> Double
) {
    for index in got.indices {
        let error = (Double(got[index]) - exact[index]).magnitude
        if !(error <= allowed(index)) {
            Issue.record(
                "\(what()): element \(index) is \(got[index]), not \(exact[index]) (seed \(testSeed))",
                sourceLocation: sourceLocation)
            return
        }
    }
}

/// What a sum of `length` products of values of magnitude at most 1 may be off by, as a part of the
/// sum of the magnitudes: the one tolerance of matrix products and sums.
func tolerance<T: KernelFloat>(_: T.Type, length: Int) -> Double {
    Double(T.ulpOfOne) * (2 + Double(length).squareRoot())
}
