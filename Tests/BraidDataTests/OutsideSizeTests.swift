import Braid
import BraidData
import BraidPlatform
import BraidTestSupport
import Foundation
import Testing

/// Files that are larger than the memory, or say so: sparse ones, whose bytes are on no disk, and those
/// whose header promises more than there is. Each gives a typed error, soon, and takes no memory first.
struct OutsideSizeTests {
    private static let terabyte = 1 << 40

    /// A file with these bytes at its beginning and its end, and zeros between.
    private func withSparseFile<R>(
        _ start: [UInt8], end: [UInt8] = [], byteCount: Int = terabyte,
        _ body: (String) throws -> R
    ) throws -> R {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(start).write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: UInt64(byteCount))
        if !end.isEmpty {
            try handle.seek(toOffset: UInt64(byteCount - end.count))
            try handle.write(contentsOf: Data(end))
        }
        try handle.close()
        return try body(file.path)
    }

    private func npyHeader(_ shape: String, byteCount: Int = 118) -> [UInt8] {
        var text = "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }"
        text += String(repeating: " ", count: byteCount - text.utf8.count - 1) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(byteCount), 0] + Array(text.utf8)
    }

    private func expect(
        _ codes: [DataError.Code], within limit: Duration = .seconds(5),
        _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let start = ContinuousClock.now
        let error = #expect(throws: DataError.self, sourceLocation: sourceLocation) { try body() }
        #expect(codes.contains { $0 == error?.code }, "\(error!)", sourceLocation: sourceLocation)
        #expect(ContinuousClock.now - start < limit, sourceLocation: sourceLocation)
    }

    @Test func sparseFiles() throws {
        let count = Self.terabyte
        let readers: [(String) throws -> Void] = [
            { _ = try NPYFile.read($0) }, { _ = try NPZFile.read($0) },
            { _ = try IDXFile.read($0) }, { _ = try CSVFile.read($0) },
            { _ = try DigitsFile(path: $0) },
        ]
        for read in readers {
            try withSparseFile([]) { path in
                expect([.malformed, .tooLarge]) { try read(path) }
            }
        }
        // Whole but for the memory that they need.
        try withSparseFile(npyHeader("(\(1 << 20), \(1 << 20))"), byteCount: count + 128) { path in
            expect([.tooLarge]) { _ = try NPYFile.read(path) }
        }
        let idx: [UInt8] = [0, 0, 8, 2, 0, 16, 0, 0, 0, 16, 0, 0]
        try withSparseFile(idx, byteCount: count + idx.count) { path in
            expect([.tooLarge]) { _ = try IDXFile.read(path) }
        }
        try withSparseFile([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]) { path in
            expect([.tooLarge]) { _ = try IDXFile.read(path) }
        }
        try withSparseFile(Array("x,y\n1,2\n".utf8)) { path in
            expect([.tooLarge]) { _ = try CSVFile.read(path) }
        }
        // The directory is at the end, and may be said to begin anywhere.
        let end: [UInt8] = [
            0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 46, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
        try withSparseFile([], end: end) { path in
            expect([.tooLarge, .malformed]) { _ = try NPZFile.read(path) }
        }
    }

    /// Every reader asks the budget before it takes memory.
    @Test func everyReaderAsksTheBudget() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "braid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let values = NDArray((0..<20_000).map { Float($0) })
        let npy = folder.appending(path: "a.npy").path
        try NPYFile.write(values, to: npy)
        let npz = folder.appending(path: "a.npz").path
        try NPZFile.write(["a": values, "b": values], to: npz)
        let csv = folder.appending(path: "a.csv").path
        try Data(String(repeating: "1,2\n", count: 10_000).utf8).write(
            to: URL(fileURLWithPath: csv))
        let idx = folder.appending(path: "a.idx").path
        try Data([0, 0, 8, 1, 0, 1, 0, 0] + [UInt8](repeating: 1, count: 1 << 16)).write(
            to: URL(fileURLWithPath: idx))
        let readers: [(limit: Int, read: () throws -> Void)] = [
            (80_000, { _ = try NPYFile.read(npy) }), (80_000, { _ = try NPZFile.read(npz) }),
            (160_000, { _ = try CSVFile.read(csv) }), (65_536, { _ = try IDXFile.read(idx) }),
        ]
        for (limit, read) in readers {
            try MemoryBudget.limited(to: 16 * limit) { try read() }
            MemoryBudget.limited(to: limit - 1) { expect([.tooLarge]) { try read() } }
        }
        // The sum of an archive's arrays counts, not each.
        MemoryBudget.limited(to: 230_000) { expect([.tooLarge]) { _ = try NPZFile.read(npz) } }
        let error = MemoryBudget.limited(to: 1000) {
            #expect(throws: DataError.self) { try NPYFile.read(npy) }
        }
        for part in ["80000 bytes of memory are wanted", "left of 1000"] {
            #expect(error?.message.contains(part) == true, "\(error!)")
        }
    }

    /// 500,000 fields in a line, and texts that are all different.
    @Test func tablesOfManyColumnsAndTexts() throws {
        let line = String(repeating: ",", count: 500_000)
        MemoryBudget.limited(to: 10_000_000) {
            expect([.tooLarge]) {
                _ = try CSVTable(
                    parsing: Array(line.utf8), separator: UInt8(ascii: ","), hasNames: true,
                    path: "wide")
            }
        }
        let texts = (0..<20_000).map { "t\($0)\n" }.joined()
        MemoryBudget.limited(to: 1_000_000) {
            expect([.tooLarge]) {
                _ = try CSVTable(
                    parsing: Array(texts.utf8), separator: UInt8(ascii: ","), hasNames: false,
                    categories: [0], path: "texts")
            }
        }
    }

    /// A field may be as long as the file; as a name or a category it would be copied.
    @Test func longNamesAndTexts() throws {
        func read(
            _ text: String, hasNames: Bool? = nil, categories: [CSVColumn] = []
        ) throws -> CSVTable {
            try CSVTable(
                parsing: Array(text.utf8), separator: UInt8(ascii: ","), hasNames: hasNames,
                categories: categories, path: "long")
        }
        let long = String(repeating: "x", count: 3_000_000)
        for body in [
            { try read(long + "\n1\n") },
            { try read("1,\(long)\n", hasNames: false, categories: [1]) },
        ] {
            let error = #expect(throws: DataError.self) { try body() }
            #expect(error?.code == .malformed)
            #expect(error?.message.contains("a field of 3000000 bytes, 'xxx") == true, "\(error!)")
        }
        let names = Array(repeating: String(repeating: "x", count: 60_000), count: 50)
        let table =
            names.joined(separator: ",") + "\n" + names.map { _ in "1" }.joined(separator: ",")
        #expect(try read(table).names == names)
        MemoryBudget.limited(to: 4_000_000) {
            expect([.tooLarge]) { _ = try read(table) }
            let error = #expect(throws: DataError.self) { try read(long) }
            #expect(error?.message == "has no line with numbers")
        }
    }

    /// A compressed file that would fill gigabytes is refused by its length, or by the budget.
    @Test func headersThatPromise() throws {
        let header: [UInt8] = [0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0]
        expect([.malformed]) { _ = try IDXFile.read(stored(header), path: "x") }
        expect([.malformed]) { _ = try IDXFile.read(header, path: "x") }
        expect([.malformed]) {
            _ = try NPZFile.read([0x50, 0x4B, 3, 4] + npyHeader("(1,)"), path: "x")
        }
    }

    /// A gzip member with one stored block.
    private func stored(_ content: [UInt8]) -> [UInt8] {
        let count = UInt8(content.count)
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, count, 0, ~count, 0xFF] + content
            + [UInt8](repeating: 0, count: 8)
    }
}
