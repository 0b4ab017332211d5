import BraidPlatform

/// A small random number generator for orders of samples and for tests: the same numbers for the
/// same seed on every machine and in every release.
///
/// SplitMix64 by Steele, Lea and Flood (OOPSLA 2014). Not for arrays (`RandomSource` is) and not for
/// secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator; equal seeds give equal numbers.
    package init(seed: UInt64) { state = seed }

    /// One of many generators of a seed, far from the others.
    package init(seed: UInt64, stream: UInt64) {
        var seeds = SplitMix64(seed: seed)
        state = seeds.next() ^ SplitMix64.mix(stream)
    }

    /// A word for each number, far from those of others; the generator stays where it is.
    func key(_ number: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: state, stream: number)
        return generator.next()
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SplitMix64.mix(state)
    }

    private static func mix(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// A number in `0..<bound`, each equally likely (multiplication with rejection: Lemire, ACM
    /// TOMACS 2019).
    /// - Precondition: `bound` is positive.
    package mutating func next(below bound: Int) -> Int {
        invariant(bound > 0, "no number is below \(bound)")
        let bound = UInt64(bound)
        let rejected = (0 &- bound) % bound
        while true {
            let (high, low) = next().multipliedFullWidth(by: bound)
            if low >= rejected { return Int(high) }
        }
    }

    /// Puts the elements in an order where each is equally likely (Fisher and Yates).
    ///
    /// Not the standard library's `shuffle(using:)`, whose orders may change with its release.
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.dropFirst().reversed() {
            elements.swapAt(index, next(below: index + 1))
        }
    }
}
