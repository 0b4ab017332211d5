import BraidPlatform

/// Commands as a user would type them, for the next step that a command names.
package enum Invocation {
    /// The arguments that this process was started with.
    package static var arguments: [String] { Array(CommandLine.arguments.dropFirst()) }

    /// This program with other arguments, started as it was.
    package static func command(_ arguments: [String]) -> String {
        command(started: CommandLine.arguments[0], arguments)
    }

    /// A program beside this one, with arguments.
    package static func companion(_ name: String, _ arguments: [String]) -> String {
        let own = CommandLine.arguments[0]
        let folder = own.lastIndex(of: "/").map { String(own[...$0]) } ?? ""
        return command(started: folder + name, arguments)
    }

    private static func command(started program: String, _ arguments: [String]) -> String {
        // Products of the package are built by what runs them.
        let isProduct = program.hasPrefix(".build/") || program.contains("/.build/")
        let name = String(
            program[
                (program.lastIndex(of: "/").map(program.index(after:)) ?? program.startIndex)...])
        let start = isProduct ? ["swift", "run", "-c", "release", name] : [program]
        return (start + arguments).map(shellQuoted).joined(separator: " ")
    }
}

/// A word as shells read it back: in quotes where it is more than plain characters. Control characters are
/// written as escapes, which do nothing to a terminal.
package func shellQuoted(_ word: String) -> String {
    func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_-./:=@%+,".utf8.contains(byte)
        }
    }
    if !word.isEmpty, word.utf8.allSatisfy(isPlain) { return word }
    guard word.unicodeScalars.contains(where: \.isUnprintable) else {
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
    let escaped = word.unicodeScalars.map { scalar in
        if scalar.isUnprintable {
            return String(scalar).utf8.map { byte in
                let digits = String(byte, radix: 8)
                return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }.joined()
        }
        return scalar == "'" || scalar == "\\" ? "\\" + String(scalar) : String(scalar)
    }
    return "$'" + escaped.joined() + "'"
}
