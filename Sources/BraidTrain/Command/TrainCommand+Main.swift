import ArgumentParser
import Braid
import Foundation

extension TrainCommand {
    /// Runs the command with the process's arguments and exits: 0 on success, 2 for bad options and
    /// files, 130 when interrupted, 1 when the computation itself fails.
    public static func main() {
        Interrupt.install()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let interrupt as Interrupt {
            // The live line is left as it stands.
            let start = Console.columns == nil ? "" : "\n"
            fail(start + "\(interrupt)", status: Interrupt.exitStatus)
        } catch  where error is ModelFileError || error is DataError {
            fail("Error: \(error)", status: 2)
        } catch  where exitCode(for: error).isSuccess {
            Console.write(fullMessage(for: error) + "\n")  // --help
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            fail(fullMessage(for: error), status: isUsage ? 2 : 1)
        }
        Foundation.exit(0)
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        Console.warn(message)
        Foundation.exit(status)
    }
}
