import ArgumentParser
import Braid
import BraidCommandLine
import BraidPlatform

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Show what a model takes and gives, how its graph was optimised, and its memory plan.",
        discussion: """
            EXAMPLES
              hybridize inspect lenet.braid
              hybridize inspect lenet.braid --json
              hybridize inspect lenet.braid --dot lenet.dot
              hybridize inspect lenet.braid --dot - | dot -Tsvg > lenet.svg
            """)

    @Argument(help: "The model file.")
    var file: String

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Write the optimised graph for Graphviz to this file (- for standard output) instead of "
                + "text.",
            valueName: "file"))
    var dot: String?

    @Flag(help: "Show all rows of long tables.")
    var all = false

    func validate() throws {
        guard [json, dot != nil, all].count(where: { $0 }) <= 1 else {
            throw ValidationError("--json, --dot and --all exclude each other")
        }
    }

    func run() throws {
        if let dot, dot != "-" {
            guard !dot.replaces(file) else {
                throw InputError("--dot \(dot) would replace the model")
            }
            try AtomicFile.checkWritable(dot)
            Console.leaveStandardOutput(to: [dot])
        }
        let inspection = try Inspection(path: file)
        if json {
            Console.write(InspectionJSON(inspection: inspection).json.printableText + "\n")
        } else if let dot {
            let text = GraphvizText(
                graph: inspection.graph,
                outputNames: inspection.model.signature.outputs.map(\.name),
                parameterNames: inspection.parameterNames
            ).text
            if dot == "-" { return Console.write(text) }
            try Interrupt.withheld(writing: [dot]) {
                let file = try AtomicFile(path: dot)
                var text = text
                try text.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
                try file.commit()
            }
            let path = shellQuoted(dot)
            let next =
                FilePlace.isStream(dot) ? "" : " Next: dot -Tsvg \(path) > graph.svg draws it."
            Console.write("Wrote \(path).\(next)\n")
        } else {
            let text = InspectionText(
                inspection: inspection, limit: all ? nil : 40, width: all ? nil : Console.columns
            ).text
            Console.write(text)
        }
    }
}
