import ArgumentParser
import Braid
import Foundation

extension TrainCommand {
    /// Runs the command with the process's arguments and exits: 0 on success, 2 on bad input, 130
    /// when interrupted.
    public static func main() {
        Interrupt.install()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let interrupted as Interrupt {
            fail("\(interrupted)", status: Interrupt.exitStatus)
        } catch let error where exitCode(for: error).isSuccess {
            print(fullMessage(for: error))  // --help, --version
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            fail(isUsage ? fullMessage(for: error) : "Error: \(error)", status: 2)
        }
        exit(0)
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(status)
    }
}
