import ArgumentParser
import Braid
import BraidCommandLine
import BraidPlatform
import Foundation

struct VerifyCommand<Networks: NetworkTable>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract:
                "Check that compiled graphs give the bits of array code, values and gradients.",
            discussion: """
                A network by its name is called as array code, then traced: predictions, training calls \
                with their gradients, and the parameters that those change. For a model file the \
                operators of its graph are applied one by one, and the gradients come from the reverse \
                pass over the graph. Inputs are random. Each is compared without passes, with each pass \
                alone and with all; every bit must be the same.

                EXAMPLES
                  hybridize verify lenet
                  hybridize verify mlp --input 32x784 --seed 7
                  hybridize verify lenet.braid --json

                NETWORKS (and their usual inputs)
                \(Networks.listing)
                """)
    }

    @Argument(help: ArgumentHelp("A network's name, or a model file.", valueName: "name|file"))
    var subject: String

    @OptionGroup var network: NetworkArguments

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func run() throws {
        let verification = try verification()
        Console.write(
            json ? verification.json.printableText + "\n" : verification.text.printableLines)
        if !verification.isPassed { throw ExitCode(1) }
    }

    private func verification() throws -> Verification {
        if let entry = Networks.network(named: subject) {
            let (network, types) = try network.build(entry)
            return try NetworkVerifier(network, types: types, seed: self.network.seed)
                .verification(of: subject)
        }
        guard subject == "-" || FileManager.default.fileExists(atPath: subject) else {
            throw InputError(
                "no network and no file is called '\(subject)'"
                    + Networks.alternatives(to: subject))
        }
        guard network.inputs.isEmpty else {
            throw InputError("--input goes with a network's name; a file has its own inputs")
        }
        return try GraphVerifier(Model(contentsOfFile: subject), seed: network.seed)
            .verification(of: subject)
    }
}
