import Braid
import BraidData
import Testing

/// Fields without a value, texts, and tables for regression.
struct CSVMissingTests {
    private func read(
        _ text: String, hasNames: Bool? = nil, columns: [CSVColumn]? = nil,
        categories: [CSVColumn] = [], missing: MissingValues = .error
    ) throws -> CSVTable {
        try CSVTable(
            parsing: Array(text.utf8), separator: UInt8(ascii: ","), hasNames: hasNames,
            columns: columns, categories: categories, missing: missing, path: "table.csv")
    }

    private func numbers(_ table: CSVTable) throws -> [Double] {
        try table.values.scalars(as: Double.self)
    }

    private func message(_ body: () throws -> CSVTable) -> String {
        let error = #expect(throws: DataError.self) { _ = try body() }
        #expect(error?.code == .malformed)
        return error?.description ?? ""
    }

    /// The first row has numbers and no names, and must not be lost.
    @Test(arguments: ["5.1,,1\n4,5,6\n7,8,9\n", "5.1,NA,1\n4,5,6\n7,8,9\n", "5.1, ? ,1\r\n4,5,6"])
    func rowsWithGapsAreNoNames(text: String) throws {
        let mistake = message { try read(text) }
        #expect(mistake.contains("hasNames:") && mistake.contains("line 1"), "\(mistake)")
        let second = message { try read(text, hasNames: false) }
        #expect(second.contains("line 1, field 2") && second.contains("missing:"), "\(second)")
        for hasNames in [nil, false] as [Bool?] {
            let table = try read(text, hasNames: hasNames, missing: .nan)
            #expect(table.names.isEmpty)
            #expect(
                try numbers(table).prefix(6).map { $0.isNaN ? -1 : $0 } == [5.1, -1, 1, 4, 5, 6])
            let filled = try read(text, hasNames: hasNames, missing: .value(0.5))
            #expect(try numbers(filled)[1] == 0.5)
            let dropped = try read(text, hasNames: hasNames, missing: .dropRow)
            #expect(try numbers(dropped).prefix(3) == [4, 5, 6])
            #expect(dropped.values.shape[0] == filled.values.shape[0] - 1)
        }
        let named = try read(text, hasNames: true)
        #expect(named.names.count == 3 && named.names[0] == "5.1")
    }

    @Test func namesAreFoundOnlyWithoutNumbers() throws {
        #expect(try read("x,,y\n1,2,3\n").names == ["x", "", "y"])
        #expect(message { try read("x,2001\n1,2\n") }.contains("hasNames:"))
        #expect(message { try read(",NA\n1,2\n") }.contains("hasNames:"))
    }

    @Test func missingFieldsAreNamed() throws {
        let mistake = message { try read("x,y\n1,\n3,4\n") }
        #expect(mistake.contains("line 2, field 2 (column 'y')"), "\(mistake)")
        #expect(message { try read("4,5,6\n7,NA,9\n") }.contains("'NA' in line 2, field 2"))
        #expect(try numbers(read("x,y\n1,\n3,4\n", missing: .dropRow)) == [3, 4])
        // nan is a number, and missing where a rule for that is asked for.
        #expect(try numbers(read("1,nan\n3,4\n"))[1].isNaN)
        #expect(try numbers(read("1,nan\n3,4\n", missing: .value(7))) == [1, 7, 3, 4])
        #expect(try numbers(read("1,NaN\n3,4\n", missing: .dropRow)) == [3, 4])
        #expect(message { try read("1,NA\n", missing: .dropRow) }.contains("no row"))
        // What is not read may lack values.
        #expect(try numbers(read("x,y\n1,\n3,NA\n", columns: ["x"])) == [1, 3])
    }

    @Test func commasAtTheEnd() throws {
        #expect(try numbers(read("1,2,\n3,4,\n")) == [1, 2, 3, 4])
        let named = try read("x,y,\n1,2,\n3,4,\n")
        #expect(named.names == ["x", "y"])
        #expect(try numbers(named) == [1, 2, 3, 4])
        #expect(try numbers(read("x,y\n1,2,\n3,4,\n")) == [1, 2, 3, 4])
        #expect(try read("1,2,\n3,4,5\n", hasNames: false, missing: .nan).values.shape == [2, 3])
        #expect(
            message { try read("1,2,,\n3,4,5\n", hasNames: false) }.contains("3 fields in line 2"))
    }

    @Test func columnsAreChosen() throws {
        let text = "x,name,y,x\n1,a,2,5\n3,b,4,6\n"
        let table = try read(text, columns: ["y", 0, -1])
        #expect(table.names == ["y", "x", "x"])
        #expect(try numbers(table) == [2, 1, 5, 4, 3, 6])
        #expect(message { try read(text, columns: ["x"]) }.contains("several columns 'x'"))
        #expect(message { try read(text, columns: ["z"]) }.contains("x, name, y, x"))
        #expect(message { try read(text, columns: [4]) }.contains("no column 4"))
        #expect(message { try read(text, columns: [0, 0]) }.contains("twice"))
        #expect(message { try read(text, columns: []) }.contains("no column"))
        let mistake = message { try read(text) }
        #expect(mistake.contains("'a' in line 2, field 2 (column 'name')"), "\(mistake)")
        #expect(mistake.contains("categories:"), "\(mistake)")
    }

    @Test func textsBecomeClasses() throws {
        let text = "x,kind\n1,setosa\n2,\"vir\"\"g\"\n3,setosa\n4,10\n"
        let table = try read(text, categories: ["kind"])
        #expect(try table.categories(of: "kind") == ["10", "setosa", "vir\"g"])
        #expect(try table.categories(of: "x") == nil)
        #expect(try numbers(table) == [1, 1, 2, 2, 3, 1, 4, 0])
        let batch = try table.dataset(label: "kind").batch(at: [0, 3])
        #expect(try batch.label.scalars(as: Int64.self) == [1, 0])
        let gaps = "x,kind\n1,a\n2,NA\n"
        #expect(message { try read(gaps, categories: [1]) }.contains("expected a text"))
        #expect(try numbers(read(gaps, categories: [1], missing: .dropRow)) == [1, 0])
        #expect(try numbers(read(gaps, categories: [1], missing: .nan))[3].isNaN)
        // What stands in rows that are left out only is no class.
        let dropped = try read(
            "kind,x,size\nb,1,s\na,,m\nc,3,l\n", categories: ["kind", "size"], missing: .dropRow)
        #expect(try dropped.categories(of: "kind") == ["b", "c"])
        #expect(try dropped.categories(of: "size") == ["l", "s"])
        #expect(try numbers(dropped) == [0, 1, 1, 1, 3, 0])
        #expect(
            message { try read(gaps, categories: [1], missing: .value(0)) }.contains("category"))
        #expect(message { try read(gaps, columns: [0], categories: [1]) }.contains("columns:"))
        #expect(message { try read("1,a\n2,b\n", categories: [1]) }.contains("hasNames:"))
        let bare = try read("1,a\n2,b\n", hasNames: false, categories: [1])
        #expect(try numbers(bare) == [1, 0, 2, 1])
    }

    @Test func targetsAreNumbers() throws {
        let table = try read("a,price,b\n1,0.5,2\n3,-1.5,4\n")
        for target in ["price", 1, -2] as [CSVColumn] {
            let dataset = try table.dataset(target: target)
            #expect(dataset.inputType == TensorType(.f32, [2]))
            #expect(dataset.labelType == TensorType(.f32, [1]))
            let batch = dataset.batch(at: [1, 0])
            #expect(try batch.input.scalars(as: Float.self) == [3, 4, 1, 2])
            #expect(try batch.label.scalars(as: Float.self) == [-1.5, 0.5])
        }
        let two = try table.dataset(targets: ["b", "a"]).batch(at: [0])
        #expect(try two.label.scalars(as: Float.self) == [2, 1])
        #expect(try two.input.scalars(as: Float.self) == [0.5])
        let error = #expect(throws: DataError.self) { try table.dataset(label: "price") }
        #expect(error?.description.contains("target:") == true)
        #expect(throws: DataError.self) { try table.dataset(target: "z") }
        #expect(throws: DataError.self) { try table.dataset(targets: ["a", "b", "price"]) }
        #expect(throws: DataError.self) { try table.dataset(targets: []) }
    }
}
