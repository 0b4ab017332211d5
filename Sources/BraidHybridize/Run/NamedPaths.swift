import Braid
import BraidCommandLine

/// Files for arrays of a model, as options name them: `x.npy` for the only array there is,
/// `name=x.npy` for one of several.
struct NamedPaths {
    /// For each array of the model in order, the file that was named for it.
    let paths: [String?]

    /// - Parameters:
    ///   - arguments: what the options say.
    ///   - option: the option's name, for messages.
    /// - Throws: `InputError` when there is no such array, or two files for one.
    init(
        _ arguments: [String], for entries: [ModelSignature.Entry], option: String
    ) throws(InputError) {
        var paths = [String?](repeating: nil, count: entries.count)
        for argument in arguments {
            let (position, path) = try Self.split(argument, entries, option)
            guard !path.isEmpty else {
                throw InputError("\(option) '\(argument)' names no file")
            }
            if let other = paths[position] {
                throw InputError(
                    "\(option) names two files for '\(entries[position].name)', \(other) and \(path)"
                )
            }
            paths[position] = path
        }
        self.paths = paths
    }

    private static func split(
        _ argument: String, _ entries: [ModelSignature.Entry], _ option: String
    ) throws(InputError) -> (position: Int, path: String) {
        let matches = entries.indices.filter { argument.hasPrefix("\(entries[$0].name)=") }
        // Names may have an equals sign themselves.
        if let longest = matches.max(by: { entries[$0].name.count < entries[$1].name.count }) {
            return (longest, String(argument.dropFirst(entries[longest].name.count + 1)))
        }
        let names = entries.map(\.name)
        let kind = option.drop { $0 == "-" }
        // A path in front of an equals sign is no name: `./a=b.npy` is a file.
        if let equals = argument.firstIndex(of: "="), !argument[..<equals].contains("/") {
            let name = String(argument[..<equals])
            throw InputError(
                "the model has no \(kind) '\(name)'; it has \(list(names))"
                    + suggestion(for: name, among: names))
        }
        guard entries.count == 1 else {
            throw InputError(
                "\(option) \(argument) does not say which \(kind) it is for; write NAME=\(argument), "
                    + "where NAME is one of \(list(names))")
        }
        return (0, argument)
    }
}

/// Names in quotes.
func list(_ names: some Collection<String>) -> String {
    names.isEmpty ? "none" : names.map { "'\($0)'" }.joined(separator: ", ")
}
