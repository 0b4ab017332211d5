import ArgumentParser
import Braid
import BraidCommandLine

/// How a model's graph is optimised.
struct PassArguments: ParsableArguments {
    @Option(
        name: .customLong("disable"), parsing: .singleValue,
        help: ArgumentHelp(
            "Leave out a pass: \(OptimizationPipeline.passNames.joined(separator: ", ")). May be given "
                + "several times.",
            valueName: "pass"))
    var disabled: [String] = []

    func validate() throws {
        do throws(UnknownPassError) { _ = try OptimizationPipeline(options) } catch {
            throw ValidationError(
                "\(error)" + suggestion(for: error.names[0], among: error.known))
        }
    }

    var options: OptimizationOptions {
        OptimizationOptions(disabling: Set(disabled))
    }
}
