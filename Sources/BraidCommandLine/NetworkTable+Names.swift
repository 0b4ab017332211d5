package import Braid

extension NetworkTable {
    /// The network of a name; nil when none has it.
    package static func network(named name: String) -> NamedNetwork? {
        networks.first { $0.name == name }
    }

    /// The network of a name.
    /// - Throws: `InputError` naming those that there are.
    package static func entry(named name: String) throws(InputError) -> NamedNetwork {
        if let network = network(named: name) { return network }
        throw InputError("no network is called '\(name)'" + alternatives(to: name))
    }

    /// What else there is, for the end of a message.
    package static func alternatives(to name: String) -> String {
        let names = networks.map(\.name)
        return "; the networks are \(names.joined(separator: ", "))"
            + suggestion(for: name, among: names)
    }

    /// The networks for the end of a help text.
    package static var listing: String { listing(of: networks) }

    /// Those that give scores of classes.
    package static var classifierListing: String {
        listing(of: networks.filter { $0.classes != nil })
    }

    private static func listing(of networks: [NamedNetwork]) -> String {
        table(
            networks.map { network in
                let inputs = network.inputs.map(\.argument).joined(separator: ", ")
                return (network.name, "\(network.summary) (\(inputs))")
            })
    }
}

/// Names with what they stand for, as lines of a help text.
package func table(_ rows: [(name: String, text: String)]) -> String {
    let width = rows.map(\.name.count).max() ?? 0
    return rows.map { name, text in
        "  \(name)\(String(repeating: " ", count: width - name.count))  \(text)"
    }.joined(separator: "\n")
}
