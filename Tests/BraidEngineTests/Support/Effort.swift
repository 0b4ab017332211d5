import BraidEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How much the random tests do: `BRAID_TEST_FULL=1` asks for the full counts, `BRAID_TEST_LIGHT=1`
/// for a tenth of the normal ones (under a sanitizer).
enum Effort {
    static func count(_ normal: Int, full: Int) -> Int {
        if isSet("BRAID_TEST_FULL") { return full }
        return isLight ? max(1, normal / 10) : normal
    }

    /// Whether a sanitizer looks on, which keeps freed memory for itself.
    static var isLight: Bool { isSet("BRAID_TEST_LIGHT") }

    private static func isSet(_ name: String) -> Bool {
        getenv(name).map { String(cString: $0) == "1" } ?? false
    }
}

extension Engine.Kind {
    /// Every kind, with fewer, as many and more threads than a small machine has cores.
    static var all: [Engine.Kind] {
        threadCounts.map { .threaded(threads: $0) } + [.serial, .simulated(seed: 7)]
    }
    static let threadCounts = [1, 2, 4]
}

/// What failing jobs throw.
struct TestFailure: Error, Equatable {
    let number: Int
}

/// SplitMix64, for the programs of the random tests.
struct RandomSource {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mix(state)
    }

    mutating func next(below bound: Int) -> Int { Int(next() >> 1) % bound }
    mutating func chance(_ probability: Double) -> Bool {
        Double(next() >> 11) < probability * 0x1p53
    }
}

/// A hash of one word.
func mix(_ word: UInt64) -> UInt64 {
    var word = word
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
}
