import BraidRuntime

/// What a block is made of: types, attributes, and which parameters and objects, so that a block that
/// was changed since it was traced is told from what it was.
struct BlockStructure {
    /// What the walk met, in its order. Equal lists mean an equal structure.
    private(set) var words: [String] = []
    /// Whether the structure may change: structs are copied when they are hybridized, objects are not.
    private(set) var mayChange = false
    private var seen: Set<ObjectIdentifier> = []

    /// The structure of `block` as it is now.
    init(of block: some Block) { collect(block, name: "") }

    private mutating func collect(_ value: Any, name: String) {
        if let compiled = value as? any TransparentBlock {
            return collect(compiled.wrappedBlock, name: name)
        }
        let type = "\(name): \(Swift.type(of: value))"
        if let parameter = value as? Parameter {
            return words.append("\(type) \(ObjectIdentifier(parameter))")
        }
        if let array = value as? NDArray {
            // Its description would wait for the elements.
            return words.append("\(type) \(ObjectIdentifier(array.body))")
        }
        if let layer = value as? Lambda {
            return words.append("\(type) \(ObjectIdentifier(layer.identity))")
        }
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .class {
            mayChange = true
            let identity = ObjectIdentifier(value as AnyObject)
            words.append("\(type) \(identity)")
            // Objects that are no blocks are their own affair.
            guard value is any Block, seen.insert(identity).inserted else { return }
        } else if mirror.children.isEmpty {
            return words.append("\(type) \(value)")
        } else {
            words.append("\(type) \(mirror.children.count)")
        }
        var level: Mirror? = mirror
        while let current = level {
            for child in current.children { collect(child.value, name: child.label ?? "") }
            level = current.superclassMirror
        }
    }
}
