import BraidCore
import BraidPlatform
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
        /// Where else it stands, when blocks share it.
        public fileprivate(set) var otherNames: [String] = []
    }

    private var elements: [Element] = []

    /// The parameters of `block`. A parameter that stands in several places (shared weights) has
    /// the name of the first.
    public init(of block: some Block) {
        var places: [ObjectIdentifier: Int] = [:]
        collect(block, path: "", &places)
    }

    /// Always 0.
    public var startIndex: Int { 0 }
    /// The number of parameters.
    public var endIndex: Int { elements.count }
    /// One parameter with its name.
    public subscript(position: Int) -> Element { elements[position] }

    /// The parameter of that name.
    public subscript(name: String) -> Parameter? {
        elements.first { $0.name == name || $0.otherNames.contains(name) }?.parameter
    }

    /// The parameters of which `isIncluded` is true.
    public func matching(_ isIncluded: (Element) throws -> Bool) rethrows -> ParameterList {
        var list = self
        list.elements = try elements.filter(isIncluded)
        return list
    }

    /// The parameters whose names fit a pattern, in which `*` stands for any characters, dots too.
    ///
    /// ```swift
    /// network.parameters.matching("body.*").freeze()
    /// ```
    public func matching(_ pattern: String) -> ParameterList {
        let pattern = NamePattern(pattern)
        return matching { pattern.matches($0.name) }
    }

    /// Keeps these parameters as they are: no gradients are computed, no trainer moves them.
    public func freeze() { for element in self { element.parameter.freeze() } }

    /// Undoes `freeze()`.
    public func unfreeze() { for element in self { element.parameter.unfreeze() } }

    /// Starts these parameters anew, from `initializer` or from their own when nil.
    public func initialize(_ initializer: Initializer? = nil) {
        for element in self { element.parameter.initialize(initializer) }
    }

    private mutating func collect(
        _ value: Any, path: String, _ places: inout [ObjectIdentifier: Int]
    ) {
        if let parameter = value as? Parameter {
            if let place = places[ObjectIdentifier(parameter)] {
                elements[place].otherNames.append(path)
            } else {
                places[ObjectIdentifier(parameter)] = elements.count
                elements.append(Element(name: path, parameter: parameter))
            }
            return
        }
        guard Self.isWithinReach(path) else { return }
        for part in Self.parts(of: value) {
            collect(part.value, path: Self.joined(path, part.label), &places)
        }
    }

    /// Whether there is room to walk on into what stands at a place; says so if not.
    private static func isWithinReach(_ path: String) -> Bool {
        if ThreadStack.hasRoom { return true }
        ArrayError(
            .invalidState, in: "parameters",
            "blocks are nested so deep that looking for their parameters uses up the thread's stack, at "
                + "\(path.prefix(60))…; use a row of blocks (Sequential), or a thread with a larger stack"
        ).report()
        return false
    }

    /// The outermost blocks inside `block`, with their places in it.
    static func children(of block: any Block) -> [(name: String, block: any Block)] {
        var children: [(name: String, block: any Block)] = []
        func collect(_ value: Any, path: String) {
            // For messages: nothing is reported here.
            guard ThreadStack.hasRoom else { return }
            for part in parts(of: value) {
                let name = joined(path, part.label)
                if let block = part.value as? any Block {
                    children.append((name, block))
                } else {
                    collect(part.value, path: name)
                }
            }
        }
        collect(block, path: "")
        return children
    }

    static func joined(_ path: String, _ label: String) -> String {
        path.isEmpty || label.isEmpty ? path + label : "\(path).\(label)"
    }

    /// What stands directly in a value and may hold parameters, with its label; empty for what has no
    /// name of its own.
    private static func parts(of value: Any) -> [(label: String, value: Any)] {
        if value is Parameter { return [] }
        if let compiled = value as? any TransparentBlock { return parts(of: compiled.wrappedBlock) }
        if let block = value as? any SelfNamingBlock {
            return block.namedParameters.map { ($0.name, $0.parameter) }
        }
        // A row's blocks are named by their number alone, as in every framework.
        if let row = value as? any BlockRow { return parts(of: row.blocks) }
        var mirror: Mirror? = Mirror(reflecting: value)
        var levels: [Mirror] = []
        while let level = mirror {
            levels.append(level)
            mirror = level.superclassMirror
        }
        // A superclass's parameters come before those of its subclass.
        return levels.reversed().flatMap { level in
            level.children.enumerated().filter { mayHold($0.element.value) }.map { index, child in
                let label = child.label.map(plain) ?? "\(index)"
                return (level.displayStyle == .optional ? "" : label, child.value)
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
