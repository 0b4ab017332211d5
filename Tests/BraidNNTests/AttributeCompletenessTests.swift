import Braid
import BraidTestSupport
import Foundation
import Testing

/// Every public function that takes numbers has a row among the absurd attributes, or a reason why it
/// needs none.
@Suite struct AttributeCompletenessTests {
    /// Functions that need no row, by their names, with the reason.
    private static let exceptions: KeyValuePairs<String, String> = [
        "Layout": "a description of storage; nothing is read by it but what an array holds",
        "Strides": "follow from a shape, which was checked when it was made",
        "Strides.isDense": "asks",
        "Shape.broadcast": "nil where there is no such shape",
        "Shape.resolved": "nil where there is no such axis",
        "TensorType": "of a shape, which was checked when it was made",
        "Parameter": "of a shape, which was checked when it was made",
        "lowerTriangle": "every diagonal has a triangle: extremesHaveAMeaning",
        "upperTriangle": "every diagonal has a triangle: extremesHaveAMeaning",
        "CSVColumn": "where it is looked for, what reads the table throws: CSVFileTests",
        "CSVTable.dataset": "throws DataError: CSVFileTests",
        "MissingValues.value": "every number may stand for a missing one, NaN too",
        "Dataset.batch":
            "a row that is not there is what reads report, or is thrown: datasetsThrow",
        "Sampler.sampleCount": "gives its argument back",
        "LoadReport": "a set of options from its bits",
        "ParameterList.subscript": "a collection's, which stops as an Array's does",
        "NamedNetwork": "what it is called with is looked at when it is built",
        "NamedNetwork.build": "throws: datasetsThrow",
        "OptimizerStep.share": "within a rule, whose decays were checked when it was made",
    ]

    @Test func everyFunctionOfNumbersHasARow() throws {
        let rows = Set(AttributeTests.Row.all.map(\.function))
        let excepted = Set(Self.exceptions.map(\.key))
        let declared = try NumericFunction.declared()
        #expect(declared.count > 200, "the sources were not found")
        for function in declared where !rows.contains(function.name) {
            #expect(
                excepted.contains(function.name),
                "\(function.name) of \(function.file) takes numbers and has no row among the attributes"
            )
        }
        let names = Set(declared.map(\.name))
        for name in excepted {
            #expect(names.contains(name) && !rows.contains(name), "\(name) is no exception")
        }
    }

    /// What looks absurd and is not: the limit is what was asked for.
    @Test func extremesHaveAMeaning() throws {
        let x = NDArray.ones([2, 3])
        func sum(_ array: NDArray) throws -> Float { try array.sum().scalar(as: Float.self) }
        #expect(try sum(x.lowerTriangle(diagonal: .max)) == 6)
        #expect(try sum(x.lowerTriangle(diagonal: .min)) == 0)
        #expect(try sum(x.upperTriangle(diagonal: .max)) == 0)
        #expect(try sum(x.upperTriangle(diagonal: .min)) == 6)
        #expect(NDArray.categorical(logits: x, count: 0).shape == [2, 0])
        #expect(x.topK(0).values.shape == [2, 0])
        let store = LocalStore(Shards(2))
        for shard in 0..<2 { store.push(x, key: .min, shard: shard) }
        let pulled = try #require(store.pull(.min))
        #expect(try sum(pulled) == 12)
    }

    /// Functions that throw do so for what is not there.
    @Test func datasetsThrow() {
        let dataset = ArrayDataset(inputs: .ones([4, 2]), labels: .ones([4]))
        let error = #expect(throws: ArrayError.self) { try dataset.prefix(2).batch(at: [0, 2]) }
        #expect(error?.description.contains("sample 2 of 2") == true)
        #expect(throws: EngineError.self) {
            try dataset.batch(at: [4]).input.scalars(as: Float.self)
        }
        #expect(throws: ArrayError.self) { try NamedNetwork.mlp.build(classes: 0) }
        #expect(throws: ArrayError.self) { try NamedNetwork.bert.build(classes: 2) }
    }
}

/// A public function or initialiser with numbers, shapes or ranges among its parameters.
private struct NumericFunction {
    /// `sum` of what arrays and symbols share, `Dense` of an initialiser, else `Shape.removing`.
    let name: String
    let file: String

    /// Those that the sources declare, but for operators, which functions apply and graph files bring.
    static func declared() throws -> [NumericFunction] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources").standardizedFileURL
        var found: [NumericFunction] = []
        for folder in [
            "BraidCore/Types", "BraidOperators", "BraidRuntime", "BraidData", "BraidNN",
            "BraidParallel",
        ] {
            let files = try #require(
                FileManager.default.enumerator(atPath: root.appending(path: folder).path))
            for case let file as String in files where file.hasSuffix(".swift") {
                let text = try String(
                    contentsOf: root.appending(path: folder).appending(path: file), encoding: .utf8)
                found += declared(in: text).map { NumericFunction(name: $0, file: file) }
            }
        }
        return found
    }

    private static func declared(in text: String) -> [String] {
        let types =
            /(?:(?:public|package|private|fileprivate|final|indirect) )*(?:struct|class|enum|extension|protocol|actor) (\[?[\w.]+\]?)/
        let functions =
            /( *)(?:@\w+(?:\([^)]*\))? )*public (?:(?:static|mutating|convenience|final) )*(init|subscript|func \w+)\??(?:<[^(]*>)?\(/
        let numbers = /\b(?:Int|Double|Float|Shape|Spatial|SpatialValue|Range|ClosedRange)\b/
        let operators = Set(
            text.matches(of: /struct (\w+): (?:Pointwise|Random)?Operator \{/)
                .map { String($0.output.1) })
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
        var type = ""
        var names: [String] = []
        for (number, line) in lines.enumerated() {
            if let match = line.prefixMatch(of: types) { type = String(match.output.1) }
            guard let match = line.prefixMatch(of: functions) else { continue }
            let parameters = parameters(of: lines[number...], from: match.range.upperBound)
            let owner = match.output.1.isEmpty ? "" : type
            guard !operators.contains(owner), parameters.contains(numbers) else { continue }
            let function = match.output.2.replacing("func ", with: "")
            names.append(name(of: String(function), in: owner))
        }
        return names
    }

    /// What stands between the parentheses that are open at a place of the first line.
    private static func parameters(
        of lines: ArraySlice<Substring>, from start: Substring.Index
    ) -> String {
        var text = ""
        var depth = 1
        for (number, line) in lines.enumerated() {
            for character in number == 0 ? line[start...] : line {
                depth += character == "(" ? 1 : character == ")" ? -1 : 0
                if depth == 0 { return text }
                text.append(character)
            }
        }
        return text
    }

    private static func name(of function: String, in type: String) -> String {
        if function == "init" { return type }
        // All datasets have one function under several roofs.
        if type.hasSuffix("Dataset"), function == "batch" { return "Dataset.batch" }
        return ["", "Operand", "NDArray"].contains(type) ? function : "\(type).\(function)"
    }
}
