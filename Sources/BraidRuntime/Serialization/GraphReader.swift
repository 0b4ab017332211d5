package import BraidCore
package import BraidFormats
import BraidGraph
import BraidOperators

extension GraphCoding {
    /// Reads a graph, infers all types and verifies it.
    /// - Parameter path: the file that the JSON comes from, for messages.
    /// - Throws: `ModelFileError` naming node and operator; operators that are not known are all named
    ///   at once.
    package static func graph(
        from json: JSON, path: String, limits: Limits = Limits()
    ) throws(ModelFileError) -> Graph {
        var reader = GraphReader(path: path, limits: limits)
        return try reader.graph(json)
    }
}

/// Reads the nodes of a graph one after the other, each with the types of those before.
private struct GraphReader {
    let path: String
    let limits: GraphCoding.Limits
    var nodes: [Graph.Node] = []
    var operandCount = 0

    init(path: String, limits: GraphCoding.Limits) {
        self.path = path
        self.limits = limits
    }

    mutating func graph(_ json: JSON) throws(ModelFileError) -> Graph {
        let fields = JSONFields(json, subject: "the graph", path: path)
        let version = try fields.integer("version")
        guard version == GraphCoding.version else {
            throw fields.error(
                "has version \(version); this version of Braid reads \(GraphCoding.version)")
        }
        try fields.allow(["inputs", "nodes", "outputs", "version"])
        let list = try fields.array("nodes")
        guard list.count <= limits.nodeCount else {
            throw fields.error(
                "has \(list.count) nodes; at most \(limits.nodeCount) are read")
        }
        try checkOperators(list)
        nodes.reserveCapacity(list.count)
        for json in list { nodes.append(try node(json)) }
        var inputs: [Int] = []
        for json in try fields.array("inputs") {
            guard case .integer(let position) = json else {
                throw fields.error(
                    "lists \(json.kind) among its inputs; expected the node's position")
            }
            inputs.append(Int(position))
        }
        var outputs: [Graph.Value] = []
        for json in try fields.array("outputs") { outputs.append(try value(json, of: fields)) }
        do throws(GraphError) {
            return try Graph(nodes: nodes, inputs: inputs, outputs: outputs).verified()
        } catch {
            throw fields.error("is not in order: \(error)")
        }
    }

    /// Names all operators that this version does not have, so that one look tells what is missing.
    private func checkOperators(_ list: [JSON]) throws(ModelFileError) {
        var unknown: Set<String> = []
        for node in list {
            if case .string(let name)? = node["op"], Catalog[name] == nil { unknown.insert(name) }
        }
        if unknown.isEmpty { return }
        let names = unknown.sorted().map { "'\($0)'" }.joined(separator: ", ")
        throw ModelFileError(
            .invalidMetadata, path: path,
            "the graph has operators that this version of Braid does not know: \(names)")
    }

    private mutating func node(_ json: JSON) throws(ModelFileError) -> Graph.Node {
        let fields = JSONFields(json, subject: "node \(nodes.count)", path: path)
        if json["input"] != nil {
            try fields.allow(["dtype", "input", "random_key", "shape"])
            let type = try type(fields)
            let isRandomKey = try fields.truth("random_key", default: false)
            let name = try fields.string("input")
            return Graph.Node(.input(name: name, isRandomKey: isRandomKey), types: [type])
        }
        if let constant = json["constant"] {
            try fields.allow(["constant"])
            return try self.constant(
                JSONFields(constant, subject: "node \(nodes.count) (constant)", path: path))
        }
        guard json["op"] != nil else {
            throw fields.error("is neither an input nor a constant nor an operator")
        }
        try fields.allow(["attributes", "inputs", "op"])
        return try operation(fields)
    }

    private func constant(_ fields: JSONFields) throws(ModelFileError) -> Graph.Node {
        try fields.allow(["data", "dtype", "shape"])
        let type = try type(fields)
        guard let bytes = GraphCoding.bytes(ofDigits: try fields.string("data")) else {
            throw fields.error("has data that are no pairs of lower-case hexadecimal digits")
        }
        guard bytes.count == type.byteCount else {
            throw fields.error("has \(bytes.count) bytes of data; \(type) needs \(type.byteCount)")
        }
        // Kernels count on truth values of 0 and 1.
        guard type.dtype != .bool || bytes.allSatisfy({ $0 <= 1 }) else {
            throw fields.error("has truth values other than 00 and 01")
        }
        return Graph.Node(.constant(Graph.Constant(type, bytes: bytes)), types: [type])
    }

    private mutating func operation(_ plain: JSONFields) throws(ModelFileError) -> Graph.Node {
        let name = try plain.string("op")
        let fields = JSONFields(
            plain.json, subject: "node \(nodes.count) (\(name))", path: path)
        guard let type = Catalog[name] else { throw fields.error("is not known") }
        let op = try self.operation(type, try fields.member("attributes"), fields)
        var inputs: [Graph.Value] = []
        for json in try fields.array("inputs") {
            let value = try value(json, of: fields)
            guard nodes.indices.contains(value.node) else {
                throw fields.error(
                    "takes a value of node \(value.node), which does not stand before it")
            }
            guard nodes[value.node].types.indices.contains(value.output) else {
                throw fields.error(
                    "takes value \(value.output) of node \(value.node), which has "
                        + "\(nodes[value.node].types.count)")
            }
            inputs.append(value)
        }
        operandCount += inputs.count
        guard operandCount <= limits.operandCount else {
            throw fields.error(
                "is where the nodes' inputs come to more than \(limits.operandCount)")
        }
        // Inference functions count on the arity.
        if let arity = type.arity, arity != inputs.count {
            throw fields.error("takes \(arity) inputs, but has \(inputs.count)")
        }
        let operands = inputs.map { nodes[$0.node].types[$0.output] }
        let types: [TensorType]
        do throws(ArrayError) {
            types = try op.outputs(for: operands.span)
        } catch {
            throw fields.error("does not fit its inputs: \(error)")
        }
        for type in types { try checkSize(type, fields) }
        return Graph.Node(.operation(op), inputs: inputs, types: types)
    }

    private func operation<O: Operator>(
        _ type: O.Type, _ attributes: JSON, _ fields: JSONFields
    ) throws(ModelFileError) -> any Operator {
        let op: O
        let written: JSON
        do {
            op = try attributes.decoded(as: type)
            written = try JSON(encoding: op)
        } catch {
            let reason = (error as? DecodingError)?.text ?? "\(error)"
            throw fields.error("has attributes that are not understood: \(reason)")
        }
        // What this version would not write, it does not understand.
        if case .object(let pairs) = written {
            try JSONFields(attributes, subject: "\(fields.subject): attributes", path: path)
                .allow(pairs.map(\.0))
        }
        return op
    }

    private func type(_ fields: JSONFields) throws(ModelFileError) -> TensorType {
        let type = try fields.type()
        try checkSize(type, fields)
        return type
    }

    private func checkSize(_ type: TensorType, _ fields: JSONFields) throws(ModelFileError) {
        guard type.count <= limits.valueByteCount / type.dtype.size else {
            throw fields.error(
                "has a value of type \(type); at most \(limits.valueByteCount) bytes are read")
        }
    }

    private func value(_ json: JSON, of fields: JSONFields) throws(ModelFileError) -> Graph.Value {
        switch json {
        case .integer(let node): return Graph.Value(Int(node))
        case .array(let pair):
            if pair.count == 2, case .integer(let node) = pair[0],
                case .integer(let output) = pair[1]
            {
                return Graph.Value(Int(node), Int(output))
            }
        default: break
        }
        throw fields.error(
            "names a value by \(json.kind); expected the node's position or [node, output]")
    }
}
