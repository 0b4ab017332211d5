import BraidRuntime

/// What stands directly in a value, as walks over blocks see it: in the order of declaration, a
/// superclass's properties first, and a dictionary's values in the order of their keys.
struct ValuePart {
    /// The part's name in the value; empty for what has none of its own.
    let label: String
    let value: Any
    /// Why the part's name or place may be another in the next process; nil when they stay.
    var instability: String?

    /// The parts of a value that may be, or hold, parameters.
    static func holding(in value: Any) -> [ValuePart] {
        if object(in: value, as: Parameter.self) != nil { return [] }
        if let compiled = value as? any TransparentBlock {
            return holding(in: compiled.wrappedBlock)
        }
        if let block = value as? any SelfNamingBlock {
            return block.namedParameters.map { ValuePart(label: $0.name, value: $0.parameter) }
        }
        // A row's blocks are named by their number alone, as in every framework.
        if let row = value as? any BlockRow { return holding(in: row.blocks) }
        return all(in: value, where: mayHold)
    }

    /// All parts of a value.
    static func all(in value: Any, where isIncluded: (Any) -> Bool = { _ in true }) -> [ValuePart] {
        if let keyed = value as? any KeyedValues {
            return keyed.parts.filter { isIncluded($0.value) }
        }
        var mirror: Mirror? = Mirror(reflecting: value)
        var levels: [Mirror] = []
        while let level = mirror {
            levels.append(level)
            mirror = level.superclassMirror
        }
        return levels.reversed().flatMap { level in
            level.children.enumerated().filter { isIncluded($0.element.value) }.map {
                index, child in
                ValuePart(
                    label: level.displayStyle == .optional ? "" : name(of: child.label, at: index),
                    value: child.value,
                    instability: level.displayStyle == .set
                        ? "it stands in a set, which has no order; use an array or a dictionary"
                        : nil)
            }
        }
    }

    /// The name of a stored property: of a wrapped or lazy one that of the property itself, of an element
    /// its number.
    private static func name(of label: String?, at index: Int) -> String {
        guard let label else { return "\(index)" }
        let lazyPrefix = "$__lazy_storage_$_"
        if label.hasPrefix(lazyPrefix) { return String(label.dropFirst(lazyPrefix.count)) }
        // `_name` is what holds a wrapped property, `.0` an element of a tuple without a label.
        if label.hasPrefix("_") || label.hasPrefix(".") { return String(label.dropFirst()) }
        return label == "wrappedValue" ? "" : label
    }

    /// Whether a value may be, or hold, a parameter.
    private static func mayHold(_ value: Any) -> Bool {
        let type = Swift.type(of: value)
        guard mayHold(type) else { return false }
        guard type is AnyObject.Type, !(value is any Block) else { return true }
        // A trainer's parameters are no part of what it is kept in, and what else Braid's own objects hold
        // is guarded by their locks.
        return value is Parameter || !isOurs(type)
    }

    /// Whether values of a type may hold references other than those of text.
    private static func mayHold(_ type: Any.Type) -> Bool {
        // Blocks without parameters have places, too.
        if type is any Block.Type { return true }
        if type == String.self || type == Substring.self || type == NDArray.self { return false }
        if let container = type as? any ContainerType.Type {
            return container.elementTypes.contains(where: mayHold)
        }
        func isPlain<Value>(_: Value.Type) -> Bool { _isPOD(Value.self) }
        return !_openExistential(type, do: isPlain)
    }

    private static let ourModules = [
        "BraidPlatform", "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph", "BraidRuntime",
        "BraidData", "BraidParallel", "BraidNN",
    ].map { $0 + "." }

    private static func isOurs(_ type: Any.Type) -> Bool {
        let name = String(reflecting: type)
        return ourModules.contains { name.hasPrefix($0) }
    }
}

/// A container of the standard library, whose static types tell whether it can hold parameters: looking
/// at a million numbers one by one would take a second.
private protocol ContainerType {
    static var elementTypes: [Any.Type] { get }
}

extension Array: ContainerType { static var elementTypes: [Any.Type] { [Element.self] } }
extension ArraySlice: ContainerType { static var elementTypes: [Any.Type] { [Element.self] } }
extension ContiguousArray: ContainerType { static var elementTypes: [Any.Type] { [Element.self] } }
extension Set: ContainerType { static var elementTypes: [Any.Type] { [Element.self] } }
extension Optional: ContainerType { static var elementTypes: [Any.Type] { [Wrapped.self] } }
extension Dictionary: ContainerType { static var elementTypes: [Any.Type] { [Value.self] } }
extension KeyValuePairs: ContainerType { static var elementTypes: [Any.Type] { [Value.self] } }

/// Values under keys, which name them.
private protocol KeyedValues {
    /// The values in an order that is the same in every process.
    var parts: [ValuePart] { get }
}

extension KeyValuePairs: KeyedValues {
    var parts: [ValuePart] { map { ValuePart(key: $0.key, value: $0.value) } }
}

extension Dictionary: KeyedValues {
    // A dictionary's own order is another in every process.
    var parts: [ValuePart] {
        func sorted<Order: Comparable>(_: Order.Type) -> [ValuePart] {
            self.sorted { ($0.key as! Order) < ($1.key as! Order) }.map {
                ValuePart(key: $0.key, value: $0.value)
            }
        }
        if let order = Key.self as? any Comparable.Type { return sorted(order) }
        return map { ValuePart(key: $0.key, value: $0.value) }.sorted {
            $0.label.utf8.lexicographicallyPrecedes($1.label.utf8)
        }
    }
}

extension ValuePart {
    fileprivate init(key: Any, value: Any) {
        let key = (key as? AnyHashable)?.base ?? key
        // An object is described by its type or by where it lies.
        let hasName =
            !(key is ObjectIdentifier)
            && (!(type(of: key) is AnyObject.Type) || key is any CustomStringConvertible)
        self.init(
            label: "\(key)", value: value,
            instability: hasName
                ? nil
                : "it stands in a dictionary whose keys are no names; use strings, numbers or enum cases"
        )
    }
}
