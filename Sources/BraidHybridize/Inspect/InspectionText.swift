import Braid
import BraidPlatform

/// An inspection for people.
struct InspectionText {
    let inspection: Inspection
    /// How many rows of a table are shown; nil for all.
    let limit: Int?
    /// Where lines are cut; nil for nowhere.
    let width: Int?

    var text: String {
        [signature, passes, nodes, memory].joined(separator: "\n")
    }

    private func text(_ table: Table) -> String { table.text(limit: limit, width: width) }

    private var signature: String {
        let signature = inspection.model.signature
        var table = Table([("", .left), ("", .left), ("", .left), ("", .right)])
        for input in signature.inputs { table.append(["input", input.name, "\(input.type)", ""]) }
        for output in signature.outputs {
            table.append(["output", output.name, "\(output.type)", ""])
        }
        for parameter in signature.parameters {
            table.append([
                "parameter", parameter.name, "\(parameter.type)",
                "\(grouped(parameter.type.byteCount)) bytes",
            ])
        }
        for (key, value) in inspection.model.metadata.sorted(by: { $0.key < $1.key }) {
            table.append(["metadata", key, value, ""])
        }
        for key in signature.randomKeys { table.append(["random key", key, "i64[2]", ""]) }
        let elements = signature.parameters.reduce(0) { $0 + $1.type.count }
        let bytes = signature.parameters.reduce(0) { $0 + $1.type.byteCount }
        return
            "\(inspection.path.printable): \(counted(signature.parameters.count, "parameter")) of "
            + "\(grouped(elements)) elements, \(grouped(bytes)) bytes\n\n" + text(table)
    }

    private var passes: String {
        var table = Table([("", .left), ("", .right), ("", .left)])
        for record in inspection.compiled.passes {
            table.append([
                record.pass,
                "\(grouped(record.nodesBefore)) -> \(grouped(record.nodesAfter)) nodes",
                record.summary,
            ])
        }
        let options = inspection.model.options
        for pass in options.disabledPasses.sorted() { table.append([pass, "-", "disabled"]) }
        let traced = counted(inspection.model.graph.nodes.count, "node")
        return "Passes, from \(traced) as traced\(options.isExact ? ", exact ones only" : "")\n"
            + text(table)
    }

    private var nodes: String {
        let graph = inspection.graph
        var table = Table([
            ("node", .right), ("operator", .left), ("operands", .left), ("type", .left),
            ("attributes", .left),
        ])
        let parameters = inspection.parameterNames
        for (position, node) in graph.nodes.enumerated() {
            var (name, attributes) = graph.label(ofNode: position)
            if case .input(let input, _) = node.kind, parameters.contains(input) {
                name = "parameter '\(input)'"
            }
            table.append([
                "%\(position)", name, node.inputs.map(\.label).joined(separator: " "),
                node.types.map { "\($0)" }.joined(separator: ", "), attributes,
            ])
        }
        let outputs = zip(inspection.model.signature.outputs, graph.outputs).map { output, value in
            "  '\(output.name.printable)' is \(value.label)\n"
        }
        return "Graph, \(counted(graph.nodes.count, "node")) run as "
            + "\(counted(inspection.plan.steps.count, "step"))\n" + text(table) + outputs.joined()
    }

    private var memory: String {
        let memory = inspection.plan.memory
        var table = Table([
            ("value of", .left), ("role", .left), ("type", .left), ("bytes", .right),
            ("offset", .right), ("steps", .right), ("written over", .left),
        ])
        for value in memory.values {
            let name = inspection.graph.label(ofNode: value.node).name
            table.append([
                "%\(value.node) \(name)", value.role.label, value.type.map { "\($0)" } ?? "",
                grouped(value.byteCount), grouped(value.offset),
                "\(value.firstStep)-\(value.lastStep)",
                value.overwrites.map { "%\(memory.values[$0].node)" } ?? "",
            ])
        }
        return """
            Memory of inner values, \(counted(memory.values.count, "value"))
              \(grouped(memory.naiveByteCount)) bytes without sharing
              \(grouped(memory.plannedByteCount)) bytes planned
              \(grouped(memory.boundByteCount)) bytes at least, in this order of steps

            """ + (memory.values.isEmpty ? "" : text(table))
    }
}
