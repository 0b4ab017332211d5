import Braid
import Foundation
import Testing

struct DigitsFileTests {
    /// The bundled file, as it stands in the sources.
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/BraidData/Resources/digits/digits.bin").standardized.path

    private func original() throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: Self.path)))
    }

    @Test func theBundledFileHasTheKnownCounts() throws {
        let file = try DigitsFile(path: Self.path)
        #expect(file.count == 1797 && file.height == 8 && file.width == 8)
        #expect(file.classes == 10 && file.maximumPixel == 16)
        // The counts per class that UCI states for the test part.
        let counts = (0..<10).map { digit in file.labels.count { $0 == digit } }
        #expect(counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
        // The first image, a zero, row by row.
        #expect(
            Array(file.pixels[0..<16]) == [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0])
        #expect(file.labels.prefix(10).elementsEqual(0..<10))
    }

    @Test func damageIsNoticed() throws {
        let original = try original()
        let good = try DigitsFile(parsing: original, path: "x")
        let seed: UInt64 = 5
        for round in 0..<2_000 {
            var generator = SplitMix64(seed: seed, stream: UInt64(round))
            var bytes = original
            // Half of the damage goes to the 36 bytes of the header.
            let reach = generator.next(below: 2) == 0 ? 36 : bytes.count
            let place = generator.next(below: reach)
            switch generator.next(below: 3) {
            case 0: bytes[place] ^= 1 << UInt8(generator.next(below: 8))
            case 1: bytes.removeSubrange(place...)
            default: bytes.insert(UInt8(generator.next(below: 256)), at: place)
            }
            do throws(DataError) {
                let file = try DigitsFile(parsing: bytes, path: "x")
                // Only the number of classes and the largest pixel are outside the check sum.
                #expect(
                    file.pixels == good.pixels && file.labels == good.labels,
                    "seed \(seed), round \(round)")
            } catch {
                #expect(error.code == .malformed && error.path == "x")
            }
        }
    }

    @Test func missingFilesSayWhatToDo() {
        let error = #expect(throws: DataError.self) {
            try DigitsFile(path: "/nowhere/digits.bin")
        }
        #expect(error?.code == .missing)
        #expect(error?.description.contains("/nowhere/digits.bin") == true)
        #expect(error?.description.contains("BRAID_DATA_DIRECTORY") == true)
        let folder = #expect(throws: DataError.self) { try DigitsFile(path: "/") }
        #expect(folder?.code == .unreadable)
    }
}
