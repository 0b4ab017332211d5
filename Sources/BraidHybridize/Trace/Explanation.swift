package import Braid

/// What a trace took from outside: arrays that each call reads, and values of the traced code that can
/// change no more.
package struct Explanation {
    /// A value of the traced code, and the operator that has it now.
    struct BakedValue {
        /// As `scalar`, the name of the operator's attribute.
        let name: String
        let value: String
        let node: Int
    }

    let model: Model
    /// Numbers that stand in operators, and constants.
    let numbers: [BakedValue]
    /// For each input, the nodes that read it.
    private let readers: [Int: [Int]]

    package init(_ model: Model) {
        self.model = model
        let graph = model.graph
        var readers: [Int: [Int]] = [:]
        for (position, node) in graph.nodes.enumerated() {
            for input in node.inputs { readers[input.node, default: []].append(position) }
        }
        self.readers = readers
        numbers = graph.nodes.indices.flatMap { position -> [BakedValue] in
            switch graph.nodes[position].kind {
            case .input: []
            case .constant(let constant):
                [BakedValue(name: "elements", value: "\(constant.type)", node: position)]
            case .operation(let op):
                Self.numbers(of: op).map {
                    BakedValue(name: $0.name, value: "\($0.value)", node: position)
                }
            }
        }
    }

    /// An operator's attributes that are floating-point numbers. (Others are sizes, axes, ranges, names
    /// and truth values.)
    private static func numbers(of op: any Operator) -> [(name: String, value: Double)] {
        Mirror(reflecting: op).children.compactMap { label, value in
            let name = label.map { $0.hasPrefix("_") ? String($0.dropFirst()) : $0 } ?? "value"
            switch value {
            case let number as BitExact: return (name, number.wrappedValue)
            case let number as Double: return (name, number)
            default: return nil
            }
        }
    }

    package var text: String {
        let text = captures + "\n" + bakedNumbers
        return attributes.map { text + "\n" + $0 } ?? text
    }

    private func operators(_ nodes: [Int]) -> String {
        let labels = nodes.map { "%\($0) \(model.graph.label(ofNode: $0).name)" }
        let shown = labels.prefix(3).joined(separator: ", ")
        return labels.count > 3 ? shown + ", ... \(labels.count - 3) more" : shown
    }

    private var captures: String {
        let graph = model.graph
        let parameters = Set(model.signature.parameters.map(\.name))
        var table = Table([
            ("", .left), ("name", .left), ("type", .left), ("read by", .left),
        ])
        for node in graph.inputs {
            let name = graph.inputName(node)
            let kind: String
            if graph.isRandomKey(node) {
                kind = "random key"
            } else if !parameters.contains(name) {
                continue
            } else {
                kind = name.hasPrefix("captured.") ? "captured array" : "parameter"
            }
            let users = readers[node] ?? []
            table.append([
                kind, name, "\(graph.nodes[node].types[0])",
                users.isEmpty ? "nothing" : operators(users),
            ])
        }
        if table.isEmpty { return "Captures: none, the graph reads its inputs only.\n" }
        return """
            Captures, which the model keeps as they are now (random keys are drawn at every call)
            \(table.text())
            """
    }

    private var bakedNumbers: String {
        if numbers.isEmpty { return "Baked host values: no numbers.\n" }
        var table = Table([
            ("value", .right), ("attribute", .left), ("of", .left), ("read by", .left),
        ])
        for number in numbers {
            table.append([
                number.value, number.name, operators([number.node]),
                operators(readers[number.node] ?? []),
            ])
        }
        return """
            Baked host values: numbers that operators had from the traced code (or from gradient rules),
            fixed until it is traced again
            \(table.text())
            """
    }

    /// The other attributes: nil when no operator has any.
    private var attributes: String? {
        var table = Table([("", .left), ("", .left)])
        for (position, node) in model.graph.nodes.enumerated() {
            guard let op = node.op else { continue }
            let isNumber = Set(Self.numbers(of: op).map(\.name))
            let others = OperatorLabel(op).attributes.filter { !isNumber.contains($0.name) }
            if others.isEmpty { continue }
            table.append([
                operators([position]),
                others.map { "\($0.name)=\($0.value)" }.joined(separator: " "),
            ])
        }
        if table.isEmpty { return nil }
        return """
            Baked sizes, axes and choices, fixed in the same way
            \(table.text())
            """
    }
}
