package import BraidCore
package import BraidFormats
import BraidOperators

/// Graphs as JSON:
///
/// ```json
/// {"inputs": [0], "nodes": [
///     {"dtype": "f32", "input": "x", "shape": [2]},
///     {"constant": {"data": "0000803f", "dtype": "f32", "shape": []}},
///     {"attributes": {"function": "add"}, "inputs": [0, 1], "op": "binary"}
/// ], "outputs": [2], "version": 1}
/// ```
///
/// An input for which calls draw a random key has `"random_key": true` besides. A value is the position
/// of its node, or `[node, output]` for another output than the first. A constant's data are its bytes
/// (little-endian, row-major) in lower-case hexadecimal digits. The types of what operators give are
/// inferred when the graph is read. Keys are sorted, so that equal graphs give equal texts.
package enum GraphCoding {
    /// The version that is written, and the latest that is read.
    package static let version = 1

    /// The largest graph that is read.
    package struct Limits: Sendable {
        /// Nodes of a graph, which bound the time and the memory that planning takes.
        package var nodeCount = 1 << 16
        /// Inputs of all nodes together.
        package var operandCount = 1 << 22
        /// Bytes of one value. With the number of nodes it keeps every sum of sizes within 64 bits.
        package var valueByteCount = 1 << 40

        package init() {}
    }

    /// The graph as JSON.
    /// - Throws: `EncodingError` when an operator's attributes cannot be written.
    package static func json(of graph: Graph) throws -> JSON {
        .object([
            ("inputs", .array(graph.inputs.map { .integer(Int64($0)) })),
            ("nodes", .array(try graph.nodes.map(json))),
            ("outputs", .array(graph.outputs.map(json))),
            ("version", .integer(Int64(version))),
        ])
    }

    /// Dtype and shape as members of an object.
    static func members(of type: TensorType) -> (dtype: (String, JSON), shape: (String, JSON)) {
        (
            ("dtype", .string(type.dtype.description)),
            ("shape", .array(type.shape.extents.map { .integer(Int64($0)) }))
        )
    }

    private static func json(of value: Graph.Value) -> JSON {
        let node = JSON.integer(Int64(value.node))
        return value.output == 0 ? node : .array([node, .integer(Int64(value.output))])
    }

    private static func json(of node: Graph.Node) throws -> JSON {
        switch node.kind {
        case .input(let name, let isRandomKey):
            let type = members(of: node.types[0])
            let role: [(String, JSON)] = isRandomKey ? [("random_key", .bool(true))] : []
            return .object([type.dtype, ("input", .string(name))] + role + [type.shape])
        case .constant(let constant):
            let type = members(of: constant.type)
            return .object([
                (
                    "constant",
                    .object([("data", .string(digits(of: constant.bytes))), type.dtype, type.shape])
                )
            ])
        case .operation(let op):
            return .object([
                ("attributes", try JSON(encoding: op)),
                ("inputs", .array(node.inputs.map(json))),
                ("op", .string(type(of: op).name)),
            ])
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func digits(of bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    /// The bytes of lower-case hexadecimal digits; nil when the text is something else.
    static func bytes(ofDigits text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high.take() {
                bytes.append(first << 4 | digit)
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }
}
