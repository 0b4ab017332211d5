import BraidRuntime

/// What a block is made of: types, attributes, and which parameters and objects, so that a block that
/// was changed since it was traced is told from what it was.
struct BlockStructure {
    /// What the walk met, in its order. Equal lists mean an equal structure.
    private(set) var words: [String] = []
    /// The objects that the words name by their addresses: as long as they are kept, no other has one of these.
    private(set) var objects: [AnyObject] = []
    /// Whether the structure may change: structs are copied when they are hybridized, objects are not.
    private(set) var mayChange = false
    private var seen: Set<ObjectIdentifier> = []

    /// The structure of `block` as it is now.
    init(of block: some Block) {
        // With a stack of its own: blocks may be nested deeper than calls.
        var pending: [(value: Any, name: String)] = [(block, "")]
        while let next = pending.popLast() {
            pending += collect(next.value, name: next.name).reversed()
        }
    }

    /// Adds the words of a value.
    /// - Returns: what is in it and to be walked next.
    private mutating func collect(
        _ value: Any, name: String
    ) -> [(value: Any, name: String)] {
        if let compiled = value as? any TransparentBlock { return [(compiled.wrappedBlock, name)] }
        let type = "\(name): \(Swift.type(of: value))"
        if let parameter = BraidNN.object(in: value, as: Parameter.self) {
            add(parameter, type)
            return []
        }
        if let array = value as? NDArray {
            // Its description would wait for the elements.
            add(array.body, type)
            return []
        }
        if let layer = value as? Lambda {
            add(layer.identity, type)
            return []
        }
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .class {
            mayChange = true
            let object = value as AnyObject
            add(object, type)
            // Objects that are no blocks are their own affair.
            guard value is any Block, seen.insert(ObjectIdentifier(object)).inserted else {
                return []
            }
        } else if mirror.children.isEmpty {
            words.append("\(type) \(value)")
            return []
        } else {
            words.append("\(type) \(mirror.children.count)")
        }
        // In an order that stays: that of a dictionary differs from one like it.
        return ValuePart.all(in: value).map { ($0.value, $0.label) }
    }

    private mutating func add(_ object: AnyObject, _ type: String) {
        words.append("\(type) \(ObjectIdentifier(object))")
        objects.append(object)
    }
}
