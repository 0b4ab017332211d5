import Braid
import BraidTestSupport
import Foundation
import Testing

struct InspectTests {
    private static let traces: [[String]] = ["mlp", "lenet"].flatMap { name in
        [
            [name], [name, "--train"], [name, "--train", "--disable", "pointwise-fusion"],
            [name, "--input", name == "mlp" ? "64x784" : "64x1x28x28"],
        ]
    }

    /// A planned value as the command printed it.
    private struct Value {
        let bytes: Int
        let offset: Int
        let lifetime: ClosedRange<Int>

        init(_ json: JSON) throws {
            bytes = try #require(json["bytes"]?.integer)
            offset = try #require(json["offset"]?.integer)
            let lifetime = try #require(json["lifetime"])
            let first = try #require(lifetime["first"]?.integer)
            let last = try #require(lifetime["last"]?.integer)
            try #require(first <= last)
            self.lifetime = first...last
        }

        func shares(with other: Value) -> Bool {
            lifetime.overlaps(other.lifetime) && offset < other.offset + other.bytes
                && other.offset < offset + bytes
        }
    }

    @Test(arguments: traces) func memoryFigures(trace: [String]) throws {
        try withModel(trace[0], Array(trace.dropFirst())) { _, file in
            let run = try hybridize(["inspect", file, "--json"])
            #expect(run.status == 0, "\(run.errors)")
            let object = try JSON(printed: run.output)
            let memory = try #require(object["memory"])
            let values = try #require(memory["values"]?.elements).map(Value.init)
            let naive = try #require(memory["naive_bytes"]?.integer)
            let planned = try #require(memory["planned_bytes"]?.integer)
            let bound = try #require(memory["bound_bytes"]?.integer)
            #expect(!values.isEmpty)
            #expect(naive == values.map(\.bytes).reduce(0, +))
            #expect(planned <= naive)
            #expect(bound <= planned)

            let steps = try #require(object["steps"]?.elements?.count)
            var worst = 0
            for step in 0..<steps {
                worst = max(
                    worst, values.filter { $0.lifetime.contains(step) }.map(\.bytes).reduce(0, +))
            }
            #expect(bound == worst)
            for (index, value) in values.enumerated() {
                #expect(value.lifetime.upperBound < steps)
                #expect(value.offset >= 0 && value.offset + value.bytes <= planned)
                for other in values[..<index] { #expect(!value.shares(with: other)) }
            }
        }
    }

    @Test(arguments: traces) func graphAndPasses(trace: [String]) throws {
        try withModel(trace[0], Array(trace.dropFirst())) { _, file in
            let object = try JSON(printed: try hybridize(["inspect", file, "--json"]).output)
            let model = try Model(contentsOfFile: file)
            #expect(object["signature"] == model.signature.json)
            #expect(object["metadata"] == .object([("model", .string(trace[0]))]))
            let passes = try #require(object["passes"]?.elements)
            #expect(
                passes.compactMap { $0["name"]?.string } == model.compiledGraph.passes.map(\.pass))
            #expect(object["traced_nodes"]?.integer == model.graph.nodes.count)
            #expect(passes[0]["nodes_before"]?.integer == model.graph.nodes.count)
            let nodes = try #require(object["nodes"]?.elements)
            #expect(passes.last?["nodes_after"]?.integer == nodes.count)
            for (position, node) in nodes.enumerated() {
                let inputs = try #require(node["inputs"]?.elements)
                for input in inputs {
                    #expect(try #require(input["node"]?.integer) < position)
                }
            }
            for step in try #require(object["steps"]?.elements) {
                #expect(nodes[try #require(step["node"]?.integer)]["op"] != nil)
            }
        }
    }

    @Test func textNamesEverything() throws {
        try withModel("lenet", ["--disable", "dead-nodes"]) { _, file in
            let run = try hybridize(["inspect", file])
            #expect(run.status == 0)
            for expected in [
                "0.weight", "f32[1, 1, 28, 28]", "pointwise-fusion", "disabled", "fused_pointwise",
                "convolution", "'output' is %", "bytes planned",
            ] {
                #expect(run.output.contains(expected), "\(expected)")
            }
        }
    }

    @Test func graphvizTextHasEveryNodeAndEdge() throws {
        try withModel("lenet", ["--train"]) { folder, file in
            let dot = folder.appending(path: "g.dot")
            let run = try hybridize(["inspect", file, "--dot", dot.path])
            #expect(run.status == 0, "\(run.errors)")
            let text = try String(contentsOf: dot, encoding: .utf8)
            #expect(try hybridize(["inspect", file, "--dot", "-"]).output == text)
            let graph = try Model(contentsOfFile: file).compiledGraph.graph
            let lines = text.split(separator: "\n")
            #expect(lines.first == "digraph model {" && lines.last == "}")
            let edges = graph.nodes.map(\.inputs.count).reduce(0, +) + graph.outputs.count
            #expect(lines.count { $0.contains(" -> ") } == edges)
            #expect(
                lines.count { $0.contains("[label=") } == graph.nodes.count + graph.outputs.count
                    + edges)
        }
    }

    @Test func longGraphsAreShortenedUnlessAsked() throws {
        try withModel("lenet", ["--train"]) { _, file in
            let short = try hybridize(["inspect", file]).output
            let long = try hybridize(["inspect", file, "--all"]).output
            let nodes = try Model(contentsOfFile: file).compiledGraph.graph.nodes.count
            #expect(nodes > 40, "or another network is needed here")
            #expect(short.contains("more (--all shows them)"))
            #expect(!long.contains("--all"))
            for node in 0..<nodes { #expect(long.contains("%\(node) ")) }
        }
    }

    @Test func badInputExitsWith2() throws {
        try withModel("mlp") { folder, file in
            let good = try Data(contentsOf: URL(filePath: file))
            let broken = folder.appending(path: "broken.braid")
            try good.dropLast().write(to: broken)
            let parameters = folder.appending(path: "parameters.safetensors").path
            try Dense(2, inputs: 3).saveParameters(to: parameters)
            for (arguments, mention) in [
                ([], "file"), (["nowhere.braid"], "nowhere.braid"), ([broken.path], "broken.braid"),
                ([folder.path], folder.lastPathComponent), ([parameters], "no model file"),
                ([file, "--json", "--all"], "exclude"),
                ([file, "--dot", "/nowhere/g.dot"], "/nowhere"),
                ([file, "--dot", file], "replace the model"),
            ] {
                let run = try hybridize(["inspect"] + arguments)
                #expect(run.status == 2, "\(run.errors)")
                #expect(run.errors.contains(mention), "\(run.errors)")
                #expect(run.output.isEmpty)
            }
            #expect(try Data(contentsOf: URL(filePath: file)) == good)
        }
    }
}
