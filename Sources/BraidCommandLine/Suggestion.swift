/// The candidate that differs from a mistyped word in the fewest letters; nil when none is close.
package func closestMatch(to word: String, among candidates: [String]) -> String? {
    let limit = max(1, word.count / 3)
    return candidates.map { (candidate: $0, distance: editDistance(word.lowercased(), $0)) }
        .filter { $0.distance <= limit || isStart(word, of: $0.candidate) }
        .min { $0.distance < $1.distance }?.candidate
}

private func isStart(_ word: String, of candidate: String) -> Bool {
    word.count >= 3 && candidate.hasPrefix(word.lowercased())
}

/// Insertions, deletions and replacements from one word to another (Wagner and Fischer, J. ACM 1974).
private func editDistance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let replaced = diagonal + (letter == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}

/// As `; did you mean 'lenet'?`, or nothing.
package func suggestion(for word: String, among candidates: [String]) -> String {
    closestMatch(to: word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
}
