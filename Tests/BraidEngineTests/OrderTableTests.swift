import BraidEngine
import Testing

/// Which of two nested jobs was pushed first.
@Suite struct OrderTableTests {
    /// Against a plain row.
    @Test func equalsARow() {
        for seed in 0..<UInt64(Effort.count(60, full: 2_000)) {
            var random = RandomSource(seed: seed)
            var table = OrderTable()
            var row: [Int] = []
            // Mostly at one spot, so that labels run out there.
            let spread = 1 + random.next(below: 40)
            for _ in 0..<600 {
                if !row.isEmpty, random.chance(0.3) {
                    table.remove(row.remove(at: random.next(below: row.count)))
                    continue
                }
                let position = random.next(below: min(row.count, spread) + 1)
                if position < row.count {
                    row.insert(table.insert(before: row[position]), at: position)
                } else if let last = row.last {
                    row.append(random.chance(0.5) ? table.append() : table.insert(after: last))
                } else {
                    row.append(table.append())
                }
            }
            #expect(table.count == row.count)
            for position in row.indices.dropFirst() {
                #expect(table.precedes(row[position - 1], row[position]), "seed \(seed)")
                #expect(!table.precedes(row[position], row[position - 1]), "seed \(seed)")
            }
        }
    }

    /// A hundred thousand places before the same one, or inside of each other.
    @Test(arguments: [true, false]) func oneSpotHasRoom(isNested: Bool) {
        var table = OrderTable()
        let start = table.append()
        var end = table.append()
        var places: [Int] = []
        for _ in 0..<100_000 {
            places.append(table.insert(before: end))
            if isNested { end = table.insert(after: places.last!) }
        }
        for index in places.indices.dropFirst() {
            #expect(table.precedes(places[index - 1], places[index]))
        }
        #expect(table.precedes(start, places[0]))
    }
}
