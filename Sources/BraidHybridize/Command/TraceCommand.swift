import ArgumentParser
import Braid
import BraidCommandLine
import BraidPlatform

struct TraceCommand<Networks: NetworkTable>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "trace",
            abstract: "Trace a network and write it to a model file, with its initial weights.",
            discussion: """
                The file holds the graph as it was traced, its weights, and which passes may optimise it \
                wherever it is used. With --train it holds a training call: the graph takes the \
                cotangent of each output as well, and returns the gradient of each parameter.

                EXAMPLES
                  hybridize trace lenet --output lenet.braid
                  hybridize trace mlp --input 32x784 --seed 7 --output mlp.braid
                  hybridize trace mlp --train --explain --output mlp-train.braid
                  hybridize trace lenet --disable pointwise-fusion --output plain.braid

                NETWORKS (and their usual inputs)
                \(Networks.listing)

                A package with networks of its own gets this command for them from the library product \
                BraidHybridize.
                """)
    }

    @Argument(help: ArgumentHelp("The network.", valueName: "name"))
    var name: String

    @OptionGroup var network: NetworkArguments

    @Flag(help: "Trace a training call, with gradients, instead of a prediction.")
    var train = false

    @OptionGroup var passes: PassArguments

    @Flag(help: "List what the trace captured, and which values of the traced code it baked in.")
    var explain = false

    @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    func run() throws {
        let entry = try Networks.entry(named: name)
        try AtomicFile.checkWritable(output)
        Console.leaveStandardOutput(to: [output])
        let (network, types) = try network.build(entry)
        let options = passes.options
        let metadata = ["model": entry.name]
        let model =
            train
            ? try network.trainingModel(for: types, options: options, metadata: metadata)
            : try network.model(for: types, options: options, metadata: metadata)
        try Interrupt.withheld(writing: [output]) { try model.write(to: output) }
        Console.write(summary(of: model).printableLines)
        if explain { Console.write(("\n" + Explanation(model).text).printableLines) }
    }

    private func summary(of model: Model) -> String {
        func names(_ entries: [ModelSignature.Entry]) -> String {
            entries.prefix(4).map { "\($0.name) \($0.type)" }.joined(separator: ", ")
                + (entries.count > 4 ? ", ... \(entries.count - 4) more" : "")
        }
        let signature = model.signature
        let text = """
            Wrote \(shellQuoted(output)): \(name), \(counted(model.graph.nodes.count, "node")), \
            \(counted(signature.parameters.count, "parameter"))
            from \(names(signature.inputs))
            to \(names(signature.outputs))

            """
        // What went into a stream cannot be looked at again.
        if FilePlace.isStream(output) { return text }
        let inspect = Invocation.command(["inspect", output])
        return text + "Next: \(inspect) shows its graph, passes and memory.\n"
    }
}
