public import Braid
import BraidCommandLine

/// The networks that `hybridize` finds by name. A package with networks of its own gets the whole
/// command for them with a table and one line:
///
/// ```swift
/// import Braid
/// import BraidHybridize
///
/// enum Networks: NetworkTable {
///     static let networks = NamedNetwork.builtIn + [
///         NamedNetwork("tiny", "One dense layer", inputs: [TensorType(.f32, [1, 8])]) { _ in
///             Dense(2)
///         }
///     ]
/// }
///
/// HybridizeCommand<Networks>.main()
/// ```
public protocol NetworkTable: Sendable {
    /// The networks, each under a name of its own.
    static var networks: [NamedNetwork] { get }
}

/// The networks of Braid itself.
public enum BuiltInNetworks: NetworkTable {
    /// `NamedNetwork.builtIn`.
    public static var networks: [NamedNetwork] { NamedNetwork.builtIn }
}

extension NetworkTable {
    /// The network of a name; nil when none has it.
    static func network(named name: String) -> NamedNetwork? {
        networks.first { $0.name == name }
    }

    /// The network of a name.
    /// - Throws: `InputError` naming those that there are.
    static func entry(named name: String) throws(InputError) -> NamedNetwork {
        if let network = network(named: name) { return network }
        throw InputError("no network is called '\(name)'" + alternatives(to: name))
    }

    /// What else there is, for the end of a message.
    static func alternatives(to name: String) -> String {
        let names = networks.map(\.name)
        return "; the networks are \(names.joined(separator: ", "))"
            + suggestion(for: name, among: names)
    }

    /// The networks for the end of a help text.
    static var listing: String {
        let width = networks.map(\.name.count).max() ?? 0
        return networks.map { network in
            let inputs = network.inputs.map(\.argument).joined(separator: ", ")
            let padding = String(repeating: " ", count: width - network.name.count)
            return "  \(network.name)\(padding)  \(network.summary) (\(inputs))"
        }.joined(separator: "\n")
    }
}
