/// The networks that a command finds by name. A package with networks of its own gets the whole
/// `hybridize` and `train` for them with a table and one line each (from the products `BraidHybridize` and
/// `BraidTrain`):
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
    /// The networks, each under a name of its own; at least one.
    static var networks: [NamedNetwork] { get }
}

/// The networks of Braid itself.
public enum BuiltInNetworks: NetworkTable {
    /// `NamedNetwork.builtIn`.
    public static var networks: [NamedNetwork] { NamedNetwork.builtIn }
}
