import Braid
import BraidPlatform

/// A graph in Graphviz's DOT language.
struct GraphvizText {
    let graph: Graph
    let outputNames: [String]
    /// The inputs that are arrays of the model.
    let parameterNames: Set<String>

    var text: String {
        var text = """
            digraph model {
              rankdir=TB
              node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica"]
              edge [fontname="Helvetica", fontsize=10]

            """
        for position in graph.nodes.indices { text += node(position) }
        for (position, node) in graph.nodes.enumerated() {
            for input in node.inputs {
                text += edge(from: input, to: "n\(position)")
            }
        }
        for (index, (name, value)) in zip(outputNames, graph.outputs).enumerated() {
            text += "  o\(index) [label=\(quoted("output '\(name)'")), fillcolor=\"#d5e8d4\"]\n"
            text += edge(from: value, to: "o\(index)")
        }
        return text + "}\n"
    }

    private func node(_ position: Int) -> String {
        var (label, _) = graph.label(ofNode: position)
        var style = ""
        switch graph.nodes[position].kind {
        case .input(let name, _) where parameterNames.contains(name):
            label = name
            style = ", shape=note, fillcolor=\"#eeeeee\""
        case .input: style = ", fillcolor=\"#d5e8d4\""
        case .constant: style = ", shape=note, fillcolor=\"#fff2cc\""
        case .operation(let op):
            if op is FusedPointwise { style = ", fillcolor=\"#dae8fc\"" }
            let attributes = OperatorLabel(op).attributeText
            if !attributes.isEmpty { label += "\n\(attributes)" }
        }
        return "  n\(position) [label=\(quoted(label))\(style)]\n"
    }

    private func edge(from value: Graph.Value, to target: String) -> String {
        "  n\(value.node) -> \(target) [label=\(quoted("\(graph.type(of: value))"))]\n"
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            // Escapes with a backslash would be Graphviz's.
            default: quoted += String(character).printable.replacing("\\", with: "\\\\")
            }
        }
        return quoted + "\""
    }
}
