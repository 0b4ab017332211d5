import ArgumentParser
import Braid
import BraidCommandLine
import BraidPlatform

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a model on arrays in NumPy's .npy files.",
        discussion: """
            EXAMPLES
              hybridize run lenet.braid --input image.npy --output scores.npy
              hybridize run pair.braid --input left=a.npy --input right=b.npy --output sum=c.npy
              make-image | hybridize run lenet.braid --input - --output - > scores.npy

            A file named - is standard input or standard output; pipes and devices are read and written as \
            they are.

            hybridize inspect lists the names, shapes and dtypes. Outputs that are not asked for are not \
            written.
            """)

    @Argument(help: "The model file.")
    var file: String

    @Option(
        name: .customLong("input"), parsing: .singleValue,
        help: ArgumentHelp(
            "An array for an input, by the input's name if there are several.",
            valueName: "[name=]file"))
    var inputs: [String] = []

    @Option(
        name: .customLong("output"), parsing: .singleValue,
        help: ArgumentHelp(
            "Where to write an output, by the output's name if there are several.",
            valueName: "[name=]file"))
    var outputs: [String] = []

    @Flag(help: "Convert arrays of another dtype than the input has.")
    var cast = false

    @Option(parsing: .unconditional, help: "Decides what random operators draw.")
    var seed: UInt64 = 0

    func validate() throws {
        if outputs.isEmpty {
            throw ValidationError("--output is missing: name the file to write, as --output y.npy")
        }
    }

    func run() throws {
        RandomSource.seed(seed)
        let written = try ModelRun(path: file, inputs: inputs, outputs: outputs, casts: cast).run()
        for output in written {
            Console.write(
                "Wrote \(output.path): \(output.name), \(output.type)".printable + "\n")
        }
    }
}
