import Braid

/// What people call a node of a graph: its operator and its attributes.
struct OperatorLabel {
    /// The operator's name, or that of its function: `multiply`, `convolution`.
    let name: String
    /// The other attributes by name, as text.
    let attributes: [(name: String, value: String)]

    init(_ op: any Operator) {
        if let fused = op as? FusedPointwise {
            name = FusedPointwise.name
            attributes = [
                ("of", fused.program.instructions.map { "\($0.opcode)" }.joined(separator: " "))
            ]
            return
        }
        var members: [(String, JSON)] = []
        if case .object(let pairs)? = try? JSON(encoding: op) { members = pairs }
        if case .string(let function)? = members.first(where: { $0.0 == "function" })?.1 {
            members.removeAll { $0.0 == "function" }
            // `add` with a scalar is another operator than `add`.
            let suffix = type(of: op).name.hasSuffix("_scalar") ? "_scalar" : ""
            name = function + suffix
        } else {
            name = type(of: op).name
        }
        attributes = members.flatMap(Self.attributes)
    }

    /// As `stride=[2, 2] padding=[1, 1]`.
    var attributeText: String {
        attributes.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    /// An attribute that is made of others, such as a geometry, as those.
    private static func attributes(_ name: String, _ value: JSON) -> [(name: String, value: String)]
    {
        if case .object(let pairs) = value, pairs.contains(where: { !$0.1.isPlain }) {
            return pairs.flatMap(attributes)
        }
        return [(name, text(value))]
    }

    private static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .array(let values): "[\(values.map(text).joined(separator: ", "))]"
        // Numbers with names, as in 3x3.
        case .object(let pairs): pairs.map { text($0.1) }.joined(separator: "x")
        case .null, .bool, .integer, .number: value.text
        }
    }
}

extension Graph {
    /// What a node is, in a word or two.
    func label(ofNode position: Int) -> (name: String, attributes: String) {
        switch nodes[position].kind {
        case .input(let name, let isRandomKey):
            ("\(isRandomKey ? "random key" : "input") '\(name)'", "")
        case .constant: ("constant", "")
        case .operation(let op):
            { ($0.name, $0.attributeText) }(OperatorLabel(op))
        }
    }
}

extension Graph.Value {
    /// As `%3`, or `%3.1` for another output than the first.
    var label: String { output == 0 ? "%\(node)" : "%\(node).\(output)" }
}

extension JSON {
    /// Whether this is neither an array nor an object.
    fileprivate var isPlain: Bool {
        switch self {
        case .array, .object: false
        case .null, .bool, .integer, .number, .string: true
        }
    }
}
