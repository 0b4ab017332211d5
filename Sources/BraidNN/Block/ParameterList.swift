public import BraidRuntime

/// The parameters of a block, each once, with dotted names (`0.weight`), in the order of their
/// declaration.
public struct ParameterList: Sendable, RandomAccessCollection {
    /// A parameter and its name.
    public struct Element: Sendable {
        /// Where the parameter stands in the block, as `2.inner.weight`.
        public let name: String
        /// The parameter.
        public let parameter: Parameter
    }

    private var elements: [Element] = []

    /// The parameters of `block`. A parameter that stands in several places (shared weights) has
    /// the name of the first.
    public init(of block: some Block) {
        var seen: Set<ObjectIdentifier> = []
        collect(block, path: "", seen: &seen)
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of parameters.
    public var endIndex: Int { elements.count }
    /// One parameter with its name.
    public subscript(position: Int) -> Element { elements[position] }

    /// The parameter of that name.
    public subscript(name: String) -> Parameter? {
        elements.first { $0.name == name }?.parameter
    }

    private mutating func collect(_ value: Any, path: String, seen: inout Set<ObjectIdentifier>) {
        if let parameter = value as? Parameter {
            if seen.insert(ObjectIdentifier(parameter)).inserted {
                elements.append(Element(name: path, parameter: parameter))
            }
            return
        }
        if let compiled = value as? any TransparentBlock {
            return collect(compiled.wrappedBlock, path: path, seen: &seen)
        }
        if let block = value as? any SelfNamingBlock {
            for (name, parameter) in block.namedParameters {
                let name = path.isEmpty ? name : "\(path).\(name)"
                collect(parameter, path: name, seen: &seen)
            }
            return
        }
        if let row = value as? Sequential {
            // A row's blocks are named by their number alone, as in every framework.
            return collect(row.blocks, path: path, seen: &seen)
        }
        var mirror: Mirror? = Mirror(reflecting: value)
        var levels: [Mirror] = []
        while let level = mirror {
            levels.append(level)
            mirror = level.superclassMirror
        }
        // A superclass's parameters come before those of its subclass.
        for level in levels.reversed() {
            for (index, child) in level.children.enumerated() where Self.mayHold(child.value) {
                let label =
                    level.displayStyle == .optional
                    ? nil : child.label.map(Self.plain) ?? "\(index)"
                let name = [path, label ?? ""].filter { !$0.isEmpty }.joined(separator: ".")
                collect(child.value, path: name, seen: &seen)
            }
        }
    }

    /// Wrapped properties are stored under `_name`; a dictionary's pairs are `(key:, value:)`.
    private static func plain(_ label: String) -> String {
        label.hasPrefix("_") ? String(label.dropFirst()) : label
    }

    /// Whether the walk goes on inside a value: parameters, blocks, and the containers that hold
    /// them.
    private static func mayHold(_ value: Any) -> Bool {
        if value is Parameter || value is any Block { return true }
        switch Mirror(reflecting: value).displayStyle {
        case .collection, .optional, .tuple, .dictionary: return true
        default: return false
        }
    }
}

extension Block {
    /// The parameters of this block and of the blocks in it.
    public var parameters: ParameterList { ParameterList(of: self) }

    /// Starts all parameters anew: weights from `initializer`, the others (biases) from their own.
    /// - Parameter initializer: for weights, which are the parameters that start from random values;
    ///   nil keeps each layer's own.
    public func initialize(_ initializer: Initializer? = nil) {
        for element in parameters {
            element.parameter.initialize(element.parameter.startsRandom ? initializer : nil)
        }
    }
}
