import Braid
import BraidData
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct CSVFileTests {
    private func read(
        _ text: String, separator: Character = ",", hasNames: Bool? = nil
    ) throws -> CSVTable {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        return try CSVFile.read(file.path, separator: separator, hasNames: hasNames)
    }

    @Test func namesAndNumbers() throws {
        let table = try read("a, b,\"c \"\"d\"\"\"\r\n1,2.5,-3e2\r\n\r\n 4 ,\"5\",6")
        #expect(table.names == ["a", " b", "c \"d\""])
        #expect(table.values.type == TensorType(.f64, [2, 3]))
        #expect(try table.values.scalars(as: Double.self) == [1, 2.5, -300, 4, 5, 6])
        let bare = try read("1;2\n3;4\n", separator: ";")
        #expect(bare.names.isEmpty)
        #expect(bare.values.shape == [2, 2])
        let years = try read("\u{FEFF}2001,2002\n1,2", hasNames: true)
        #expect(years.names == ["2001", "2002"])
        #expect(years.values.shape == [1, 2])
    }

    @Test func samplesAndLabels() throws {
        let table = try read("x,kind,y\n1,0,2\n3,2,4\n")
        for dataset in [try table.dataset(label: "kind"), try table.dataset(labelColumn: -2)] {
            let batch = dataset.batch(at: [1, 0])
            #expect(try batch.input.scalars(as: Float.self) == [3, 4, 1, 2])
            #expect(try batch.label.scalars(as: Int64.self) == [2, 0])
        }
        for message in ["no column 'z'", "x, kind, y"] {
            let error = #expect(throws: DataError.self) { try table.dataset(label: "z") }
            #expect(error?.description.contains(message) == true)
        }
        #expect(throws: DataError.self) { try table.dataset(labelColumn: 3) }
        #expect(throws: DataError.self) { try read("0.5,1\n").dataset(labelColumn: 0) }
        #expect(throws: DataError.self) { try read("1\n2\n").dataset(labelColumn: 0) }
    }

    @Test(arguments: [
        ("", "no line with numbers"), ("a,b\n", "no line with numbers"),
        ("1,2\n3\n", "1 fields in line 2; expected 2"), ("1,2\n\n3,x\n", "'x' in line 3, field 2"),
        ("NA\n", "no text in line 1"), ("1,2\n3,\n", "'' in line 2"),
        ("1,\"2\n", "a quote in line 1 that is not closed"),
        ("1,\"2\"3\n", "behind a quoted field in line 1"), ("1 2,3\n4,5 6\n", "hasNames:"),
        ("1,2\n4,5 6\n", "'5 6' in line 2"),
    ])
    func mistakesAreNamed(text: String, message: String) {
        let error = #expect(throws: DataError.self) { try read(text) }
        #expect(error?.code == .malformed)
        #expect(error?.description.contains(message) == true, "\(error!)")
    }

    @Test func anyBytes() {
        let alphabet = Array("0123,,,\"\"\n\n\r -.eE\u{FF}aNA?".utf8)
        Seeds.repeated(3_000) { generator in
            let bytes = (0..<generator.int(0...40)).map { _ in
                alphabet[generator.int(0...alphabet.count - 1)]
            }
            do {
                let missing: [MissingValues] = [.error, .nan, .dropRow, .value(1)]
                let table = try CSVTable(
                    parsing: bytes, separator: UInt8(ascii: ","),
                    hasNames: [nil, true, false][generator.int(0...2)],
                    columns: generator.oneIn(3) ? [0, -1] : nil,
                    categories: generator.oneIn(3) ? [0] : [],
                    missing: missing[generator.int(0...3)], path: "table")
                #expect(table.values.rank == 2)
                #expect(table.values.shape[0] > 0)
            } catch is DataError {
            }
        }
    }
}
