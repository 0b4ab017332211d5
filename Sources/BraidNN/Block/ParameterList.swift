import BraidCore
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
    /// The names of all parameters of the block, for messages.
    private let allNames: [String]

    /// The parameters of `block`: those in its stored properties, in the blocks, structs, objects and
    /// enumerations that stand there, and in arrays, tuples, optionals and dictionaries of all these. What
    /// a closure captures is not found.
    ///
    /// A parameter that stands in several places (shared weights) has the name of the first. Values of a
    /// dictionary are named by their keys, and come in the order of the keys. Objects are read without
    /// their locks: nothing should change them meanwhile.
    /// - Precondition: names are different, no parameter stands in a set, and values stand at most 10,000
    ///   deep inside of each other.
    public init(of block: some Block) {
        var found = Found()
        ValueWalk.run(over: block, &found)
        elements = found.elements
        allNames = elements.map(\.name)
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
    /// - Precondition: some name fits.
    public func matching(_ pattern: String) -> ParameterList {
        let pattern = NamePattern(pattern)
        let list = matching { pattern.matches($0.name) }
        if list.isEmpty {
            ArrayError(
                .invalidValue, in: "parameters", "no name fits '\(pattern)'; \(nameListing)"
            ).report()
        }
        return list
    }

    /// The names of the parameters that there are, for the end of a message.
    var nameListing: String {
        let names = isEmpty ? allNames : map(\.name)
        return names.isEmpty ? "there are no parameters" : "there are \(Self.listing(names))"
    }

    /// The first of some names, and how many more there are.
    static func listing(_ names: [String]) -> String {
        let shown = 20
        let rest = names.count > shown ? ", … and \(names.count - shown) more" : ""
        return names.prefix(shown).joined(separator: ", ") + rest
    }

    /// Keeps these parameters as they are: no gradients are computed, no trainer moves them.
    public func freeze() { for element in self { element.parameter.freeze() } }

    /// Undoes `freeze()`.
    public func unfreeze() { for element in self { element.parameter.unfreeze() } }

    /// Starts these parameters anew, from `initializer` or from their own when nil.
    public func initialize(_ initializer: Initializer? = nil) {
        for element in self { element.parameter.initialize(initializer) }
    }

    /// The outermost blocks inside `block`, with their places in it.
    static func children(of block: any Block) -> [(name: String, block: any Block)] {
        var found = Children()
        ValueWalk.run(over: block, &found)
        return found.blocks
    }
}

extension ParameterList {
    /// Collects parameters.
    private struct Found: ValueWalk.Visitor {
        var elements: [Element] = []
        private var positions: [ObjectIdentifier: Int] = [:]
        private var names: Set<String> = []
        /// Every parameter met, with its name, in the order of the walk.
        private var met: [(position: Int, name: String)] = []
        /// Where objects begin and end in `met`, with their paths.
        private var starts: [ObjectIdentifier: Int] = [:]
        private var contents: [ObjectIdentifier: (range: Range<Int>, path: String)] = [:]

        mutating func visit(_ part: ValuePart, path: () -> String) -> Bool {
            guard let parameter = object(in: part.value, as: Parameter.self) else { return true }
            let name = path()
            if let instability = part.instability {
                ArrayError(
                    .invalidValue, in: "parameters",
                    "'\(name)' has no name that stays: \(instability)"
                ).report()
            }
            if let known = positions[ObjectIdentifier(parameter)] {
                addName(name, to: known)
            } else {
                if !names.insert(name).inserted {
                    ArrayError(
                        .invalidValue, in: "parameters",
                        "two parameters are called '\(name)'; give a property or a key another name"
                    ).report()
                }
                positions[ObjectIdentifier(parameter)] = elements.count
                met.append((elements.count, name))
                elements.append(Element(name: name, parameter: parameter))
            }
            return false
        }

        private mutating func addName(_ name: String, to position: Int) {
            met.append((position, name))
            if elements[position].name != name { elements[position].otherNames.append(name) }
        }

        mutating func enter(_ object: ObjectIdentifier) { starts[object] = met.count }

        mutating func leave(_ object: ObjectIdentifier, path: () -> String) {
            contents[object] = (starts[object]!..<met.count, path())
        }

        /// What the object holds is not looked for again.
        mutating func meetAgain(_ object: ObjectIdentifier, path: () -> String) {
            guard let (range, known) = contents[object], !range.isEmpty else { return }
            let here = path()
            var added: Set<Int> = []
            for (position, name) in met[range] where added.insert(position).inserted {
                let inside = name.dropFirst(known.isEmpty ? 0 : known.count + 1)
                addName(ValueWalk.joined(here, String(inside)), to: position)
            }
        }
    }

    /// Collects blocks, and looks for none inside of them.
    private struct Children: ValueWalk.Visitor {
        var blocks: [(name: String, block: any Block)] = []

        mutating func visit(_ part: ValuePart, path: () -> String) -> Bool {
            guard let block = part.value as? any Block else {
                return object(in: part.value, as: Parameter.self) == nil
            }
            blocks.append((path(), block))
            return false
        }
        mutating func enter(_ object: ObjectIdentifier) {}
        mutating func leave(_ object: ObjectIdentifier, path: () -> String) {}
        mutating func meetAgain(_ object: ObjectIdentifier, path: () -> String) {}
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
