public import ArgumentParser
public import Braid
import BraidCommandLine

/// The `hybridize` command, over the networks of a table.
public struct HybridizeCommand<Networks: NetworkTable>: ParsableCommand {
    /// Name, description and subcommands.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "hybridize",
            abstract: "Turn networks into optimised graphs, and look at what was done.",
            discussion: """
                EXAMPLES
                  hybridize trace lenet --output lenet.braid
                  hybridize inspect lenet.braid
                  hybridize run lenet.braid --input image.npy --output scores.npy
                  hybridize verify lenet

                NETWORKS (and their usual inputs)
                \(Networks.listing)

                EXIT STATUS
                  0 success, 1 failed computation or verification, 2 bad options or files,
                  130, 143, 129 ended by Ctrl-C, SIGTERM, SIGHUP

                ENVIRONMENT
                  BRAID_ISA             reference, avx2 or avx512
                """,
            subcommands: [
                TraceCommand<Networks>.self, InspectCommand.self, RunCommand.self,
                VerifyCommand<Networks>.self,
            ])
    }

    /// A command without a subcommand, which prints its help.
    public init() {}

    /// Runs the command with the process's arguments and exits: 0 on success, 1 when a computation or a
    /// verification fails, 2 for bad options and files, 130, 143 or 129 when a signal ended it.
    public static func main() {
        if let problem = Kernels.selectionProblem { Console.warn("warning: \(problem)") }
        runToExit()
    }
}
