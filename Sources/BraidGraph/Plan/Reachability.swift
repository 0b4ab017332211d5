/// Which steps are ordered by dependencies: a row of bits for each step.
///
/// Few steps are looked at as a whole. More are cut into windows, one after the other, of which each
/// is done before the next begins, so that a row spans a window only: n²/8 bytes for n steps would
/// be more than a machine has for the graph of a hostile file.
struct Reachability {
    /// How many steps are looked at together: 2 MiB of bits at most for one window, 128 bytes a step
    /// for several.
    static func windowLength(for stepCount: Int) -> Int { stepCount <= 1 << 12 ? 1 << 12 : 1 << 10 }

    private let windowLength: Int
    private let wordsPerRow: Int
    /// For each step, those of its window that come after it in every order.
    private var followers: [UInt64]

    /// - Parameters:
    ///   - dependencies: for each step, the earlier ones that it depends on.
    ///   - windowLength: so many steps make a window, and every step of one comes after all of the
    ///     windows before.
    init(_ dependencies: [[Int]], windowLength: Int) {
        self.windowLength = windowLength
        wordsPerRow = (min(windowLength, dependencies.count) + 63) / 64
        followers = [UInt64](repeating: 0, count: dependencies.count * wordsPerRow)
        for step in dependencies.indices.reversed() {
            let bit = step % windowLength
            for earlier in dependencies[step] where isSameWindow(earlier, step) {
                followers[earlier * wordsPerRow + bit / 64] |= 1 << UInt64(bit % 64)
                // Followers of `step` come after it.
                for word in (bit / 64)..<wordsPerRow {
                    followers[earlier * wordsPerRow + word] |= followers[step * wordsPerRow + word]
                }
            }
        }
    }

    private func isSameWindow(_ a: Int, _ b: Int) -> Bool { a / windowLength == b / windowLength }

    /// Whether a step is done before another begins, in every order.
    func precedes(_ earlier: Int, _ later: Int) -> Bool {
        guard isSameWindow(earlier, later) else { return earlier < later }
        let bit = later % windowLength
        return followers[earlier * wordsPerRow + bit / 64] >> UInt64(bit % 64) & 1 != 0
    }

    /// The steps that come after all of the given ones.
    /// - Precondition: there are some.
    func followers(ofAll steps: [Int]) -> StepSet {
        let latest = steps.max()!
        var words = [UInt64](repeating: .max, count: wordsPerRow)
        for step in steps where isSameWindow(step, latest) {
            for word in words.indices { words[word] &= followers[step * wordsPerRow + word] }
        }
        let start = latest - latest % windowLength
        return StepSet(window: start..<start + windowLength, words: words)
    }
}

/// A set of steps: some of one window, and all after it.
struct StepSet {
    let window: Range<Int>
    private let words: [UInt64]

    fileprivate init(window: Range<Int>, words: [UInt64]) {
        self.window = window
        self.words = words
    }

    func contains(_ step: Int) -> Bool {
        if step >= window.upperBound { return true }
        let bit = step - window.lowerBound
        return bit >= 0 && words[bit / 64] >> UInt64(bit % 64) & 1 != 0
    }

    /// Whether the window of `step`, and so every later step, is in the set.
    func containsAll(from step: Int) -> Bool { step >= window.upperBound }
}
