import BraidRuntime

/// A block that names its parameters itself, as files of other frameworks have them.
protocol SelfNamingBlock: Block {
    /// The parameters in their order.
    var namedParameters: [(name: String, parameter: Parameter)] { get }
}
