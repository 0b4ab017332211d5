/// Which steps are ordered by dependencies: a row of bits for each step.
///
/// Takes n²/8 bytes for n steps and as many word operations as dependencies have rows.
struct Reachability {
    private let stepCount: Int
    private let wordsPerRow: Int
    /// For each step, those that come after it in every order.
    private var followers: [UInt64]

    /// - Parameter dependencies: for each step, the earlier ones that it depends on.
    init(_ dependencies: [[Int]]) {
        stepCount = dependencies.count
        wordsPerRow = (stepCount + 63) / 64
        followers = [UInt64](repeating: 0, count: stepCount * wordsPerRow)
        for step in dependencies.indices.reversed() {
            for earlier in dependencies[step] {
                followers[earlier * wordsPerRow + step / 64] |= 1 << UInt64(step % 64)
                // Followers of `step` come after it.
                for word in (step / 64)..<wordsPerRow {
                    followers[earlier * wordsPerRow + word] |= followers[step * wordsPerRow + word]
                }
            }
        }
    }

    /// Whether a step is done before another begins, in every order.
    func precedes(_ earlier: Int, _ later: Int) -> Bool {
        followers[earlier * wordsPerRow + later / 64] >> UInt64(later % 64) & 1 != 0
    }

    /// The steps that come after all of the given ones.
    func followers(ofAll steps: [Int]) -> StepSet {
        var words = [UInt64](repeating: .max, count: wordsPerRow)
        for step in steps {
            for word in words.indices { words[word] &= followers[step * wordsPerRow + word] }
        }
        return StepSet(words: words)
    }
}

/// A set of steps.
struct StepSet {
    fileprivate let words: [UInt64]

    func contains(_ step: Int) -> Bool { words[step / 64] >> UInt64(step % 64) & 1 != 0 }
}
