import Braid
import BraidTestSupport
import Testing

/// Absurd attributes in graph files: for every operator of the catalogue and every number among its
/// attributes, an error that names the attribute. `AttributeTests` has those of calls.
struct AttributeFileTests {
    /// What to write for an attribute, and what the message then names.
    struct Absurd: Sendable {
        let values: [String]
        let word: String

        init(_ values: [String], names word: String) { (self.values, self.word) = (values, word) }
    }

    private static let axis = Absurd(["9", "-9", "9223372036854775807"], names: "axis")
    private static let axes = Absurd(["[9]", "[0, 0]", "[-9]"], names: "ax")
    private static let shape = Absurd(
        ["[-1]", "[4294967296]", "[1,1,1,1,1,1,1,1,1]", "[4294967295, 4294967295]"], names: "shape")

    private static func number(_ word: String, _ values: String...) -> Absurd {
        Absurd(values, names: word)
    }
    private static func windows(_ word: String) -> Absurd {
        // For one axis, two and three: those of the other numbers of axes do not fit either.
        Absurd(
            [
                "[-1]", "[9223372036854775807]", "[-1, -1]", "[1073741824, 1]", "[-1, -1, -1]",
                "[-9223372036854775808, 1, 1]", "[]", "[1, 1, 1, 1]",
            ], names: word)
    }

    /// By operator and the last name of the attribute's path.
    private static let table: [String: [String: Absurd]] = [
        "fill": ["shape": shape, "value": number("value", "1e300")],
        "range": [
            "start": number("start", "\"nan\"", "\"inf\"", "1e308"),
            "step": number("step", "\"nan\"", "\"-inf\"", "1e308"),
            "count": number("count", "-1", "9223372036854775807"),
        ],
        "random_uniform": [
            "shape": shape, "from": number("from", "1e300", "null", "1e5"),
            "to": number("to", "-1e300", "null", "-1e5"),
        ],
        "random_normal": [
            "shape": shape, "mean": number("mean", "1e300", "null"),
            "standardDeviation": number("standardDeviation", "-1", "1e300", "null"),
        ],
        "random_bernoulli": [
            "shape": shape, "probability": number("probability", "-0.5", "1.5", "null"),
        ],
        "reduction": ["axes": axes], "arg_reduction": ["axis": axis],
        "reshape": [
            "extents": Absurd(["[-2]", "[-1, -1]", "[9223372036854775807, 2]"], names: "shape")
        ],
        "transpose": ["axes": axes], "flip": ["axes": axes],
        "broadcast": ["shape": shape], "concatenate": ["axis": axis],
        "slice": part, "slice_update": part,
        "slice_gradient": part.merging(["shape": shape]) { $1 },
        "convolution": geometry,
        "transposed_convolution": geometry.merging(["extents": windows("")]) { $1 },
        "convolution_weight_gradient": geometry.merging(["kernel": windows("")]) { $1 },
        "max_pooling": pooling, "max_pooling_gradient": pooling, "max_pooling_gather": pooling,
        "average_pooling": pooling,
        "average_pooling_gradient": pooling.merging(["image": windows("")]) { $1 },
        "softmax": ["axis": axis], "log_softmax": ["axis": axis],
        "normalization": normalization, "normalization_gradient": normalization,
        "gather": ["axis": axis], "take_along_axis": ["axis": axis],
        "scatter_along_axis": ["axis": axis],
        "scatter_add": ["axis": axis, "extent": number("", "-1", "9223372036854775807")],
        "scatter_add_along_axis": [
            "axis": axis, "extent": number("", "-1", "9223372036854775807"),
        ],
        "argsort": ["axis": axis, "count": number("count", "-1", "9223372036854775807")],
        "range_check": [
            "lowerBound": number("lowerBound", "\"nan\""), "bounds": number("", "\"nan\""),
        ],
        "cumulative": ["axis": axis], "linear_recurrence": ["axis": axis],
    ]

    private static let part: [String: Absurd] = [
        "start": number("", "-1", "9223372036854775807"),
        "count": number("", "-1", "9223372036854775807"), "step": number("", "0", "-1"),
    ]
    private static let geometry: [String: Absurd] = [
        "stride": windows("s"), "padding": windows(""), "dilation": windows(""),
        "groups": number("groups", "0", "-1", "9223372036854775807"),
    ]
    private static let pooling: [String: Absurd] = [
        "kernel": windows(""), "stride": windows(""), "padding": windows(""),
        "output": windows(""),
    ]
    private static let normalization: [String: Absurd] = [
        "epsilon": number("epsilon", "-1", "\"nan\"", "\"inf\""),
        "count": number("groups", "0", "-1", "9223372036854775807"),
        "axes": number("axes", "0", "-1", "9223372036854775807"),
    ]

    /// Attributes that may be any number, and why.
    private static let free: [String: Set<String>] = [
        // The operand of arithmetic: NaN and infinity are what was asked for.
        "binary_scalar": ["scalar"], "comparison_scalar": ["scalar"],
        // Any number may be the one that counts for nothing.
        "range_check": ["exception"],
        // A program of instructions, checked as a whole: `FusedSamples` and `HostileAttributeTests`.
        "fused_pointwise": ["shape", "inputs", "constants", "outputs", "instructions", "program"],
    ]

    @Test func everyNumberIsChecked() throws {
        var count = 0
        for type in Catalog.operators {
            let samples = Sample.all.filter {
                $0.description.split(separator: " ")[0] == type.name && !$0.dtypes.isEmpty
            }
            for sample in samples {
                var generator = SeededGenerator(seed: 7)
                let dtype = sample.dtypes.contains(.f32) ? .f32 : sample.dtypes[0]
                for _ in 0..<4 {
                    count += try check(sample.make(dtype, .small, &generator), type.name)
                }
            }
        }
        #expect(count > 500)
    }

    /// - Returns: how many absurd graphs were read.
    private func check(_ call: OperatorCase, _ name: String) throws -> Int {
        let (graph, _) = try ModelSupport.graph(of: [call])
        let json = try GraphCoding.json(of: graph)
        guard case .array(let nodes)? = json["nodes"], let attributes = nodes.last?["attributes"]
        else { return 0 }
        var count = 0
        for path in Self.numbers(in: attributes) {
            let key = path.last { Int($0) == nil } ?? ""
            if Self.free[name]?.contains(where: path.contains) == true { continue }
            guard let absurd = Self.table[name]?[key] else {
                Issue.record("\(name): no absurd values for \(path.joined(separator: "."))")
                continue
            }
            for value in absurd.values {
                let changed = try Self.replaced(attributes, path[...], by: JSONParser.parse(value))
                if changed == attributes { continue }
                let text = "\(name) with \(path.joined(separator: ".")) \(value)"
                let error = #expect(throws: ModelFileError.self, "\(text) of \(call.summary)") {
                    try GraphCoding.graph(
                        from: Self.replaced(
                            json, ["nodes", "\(nodes.count - 1)", "attributes"], by: changed),
                        path: "test")
                }
                let message = error.map { "\($0)" } ?? ""
                #expect(message.contains(absurd.word), "\(text): \(message)")
                #expect(message.contains(name), "\(text): \(message)")
                count += 1
            }
        }
        return count
    }

    /// The paths of numbers, and of lists of numbers.
    private static func numbers(in json: JSON) -> [[String]] {
        switch json {
        case .integer, .number: return [[]]
        case .array(let elements):
            let isList = elements.allSatisfy {
                if case .integer = $0 { true } else { false }
            }
            if isList { return [[]] }
            return numbers(in: elements[0]).map { ["0"] + $0 }
        case .object(let pairs):
            return pairs.flatMap { key, value in numbers(in: value).map { [key] + $0 } }
        default: return []
        }
    }

    private static func replaced(_ json: JSON, _ path: ArraySlice<String>, by value: JSON) -> JSON {
        guard let first = path.first else { return value }
        switch json {
        case .object(let pairs):
            return .object(
                pairs.map { key, old in
                    (key, key == first ? replaced(old, path.dropFirst(), by: value) : old)
                })
        case .array(var elements):
            let index = Int(first)!
            elements[index] = replaced(elements[index], path.dropFirst(), by: value)
            return .array(elements)
        default: return json
        }
    }
}
