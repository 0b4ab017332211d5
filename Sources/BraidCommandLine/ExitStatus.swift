package import ArgumentParser
import Braid
import Foundation

/// Bad input that no library has an error for: what was wrong, and what to do.
package struct InputError: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

extension ParsableCommand {
    /// Runs the command with the process's arguments and exits: 0 on success, 2 for bad options and
    /// input, 130, 143 or 129 when interrupted, 1 when the computation itself fails.
    package static func runToExit() -> Never {
        Interrupt.install()
        do {
            var command = try parseAsRoot()
            try command.run()
            warnOfRefusedThreads()
        } catch let interrupt as Interrupt {
            // A live line is left as it stands.
            let start = Console.columns == nil ? "" : "\n"
            fail(start + "\(interrupt)", status: interrupt.exitStatus)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch  where isBadInput(error) {
            fail("Error: \(error)", status: 2)
        } catch  where exitCode(for: error).isSuccess {
            Console.write(fullMessage(for: error) + "\n")  // --help
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            fail(fullMessage(for: error), status: isUsage ? 2 : 1)
        }
        Foundation.exit(0)
    }

    private static func warnOfRefusedThreads() {
        let count = Runtime.engine.counters.refusedThreads
        if count > 0 {
            Console.warn(
                "warning: the system refused a thread \(count) times, and the work was done by fewer; "
                    + "ulimit -u or the limits of the container may be too low")
        }
    }

    private static func fail(_ message: String, status: Int32) -> Never {
        Console.warn(message)
        Foundation.exit(status)
    }
}

/// Whether an error says what is wrong with options, files or data, and not with the program.
package func isBadInput(_ error: any Error) -> Bool {
    switch error {
    case is InputError, is ModelFileError, is ModelError, is DataError, is ArrayError: true
    // What a job of the engine threw, as when it loads a batch.
    case let failure as EngineError: failure.underlying.map(isBadInput) ?? false
    case let failure as SampleError: isBadInput(failure.underlying)
    default: false
    }
}
