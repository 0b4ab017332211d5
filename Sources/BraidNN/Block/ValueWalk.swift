import BraidCore
import BraidRuntime

/// A walk over everything in a value that may be, or hold, parameters, depth first. It takes no stack, so
/// that deep nesting does no harm, and enters every object once, so that cycles do none.
struct ValueWalk {
    /// How many values may stand inside of each other.
    static let depthLimit = 10_000

    /// What is done with what the walk meets. Paths are dotted names.
    protocol Visitor {
        /// Looks at a part.
        /// - Returns: whether the walk goes on inside.
        mutating func visit(_ part: ValuePart, path: () -> String) -> Bool
        /// Comes to an object that the walk has left before.
        mutating func meetAgain(_ object: ObjectIdentifier, path: () -> String)
        /// Comes to an object for the first time.
        mutating func enter(_ object: ObjectIdentifier)
        /// Leaves an object, which stands at a path.
        mutating func leave(_ object: ObjectIdentifier, path: () -> String)
    }

    private struct Frame {
        /// The length of the path to what the value stands in.
        let outerLength: Int
        let object: ObjectIdentifier?
        let parts: [ValuePart]
        let instability: String?
        var next = 0
    }

    private var frames: [Frame] = []
    /// The path to the innermost value, in UTF-8.
    private var path: [UInt8] = []
    private var isLeft: [ObjectIdentifier: Bool] = [:]

    /// Walks over what stands in `root`.
    static func run(over root: Any, _ visitor: inout some Visitor) {
        var walk = ValueWalk()
        walk.enter(ValuePart(label: "", value: root), nil, &visitor)
        while let top = walk.frames.indices.last {
            let frame = walk.frames[top]
            if frame.next == frame.parts.count {
                if let object = frame.object {
                    walk.isLeft[object] = true
                    visitor.leave(object) { String(decoding: walk.path, as: UTF8.self) }
                }
                walk.path.removeLast(walk.path.count - frame.outerLength)
                walk.frames.removeLast()
                continue
            }
            walk.frames[top].next += 1
            var part = frame.parts[frame.next]
            part.instability = part.instability ?? frame.instability
            let isEntered = visitor.visit(part) { walk.path(to: part) }
            if isEntered { walk.enter(part, part.instability, &visitor) }
        }
    }

    private mutating func enter(
        _ part: ValuePart, _ instability: String?, _ visitor: inout some Visitor
    ) {
        let isObject = type(of: part.value) is AnyObject.Type
        let object = isObject ? ObjectIdentifier(part.value as AnyObject) : nil
        if let object, let isLeft = isLeft[object] {
            // An object inside of itself is a cycle.
            if isLeft { visitor.meetAgain(object) { path(to: part) } }
            return
        }
        guard frames.count < Self.depthLimit else {
            return ArrayError(
                .invalidValue, in: "parameters",
                "blocks and what holds them stand more than \(Self.depthLimit) deep inside of each other"
            ).report()
        }
        if let object {
            isLeft[object] = false
            visitor.enter(object)
        }
        let parts = ValuePart.holding(in: part.value)
        if parts.isEmpty, object == nil { return }
        frames.append(
            Frame(outerLength: path.count, object: object, parts: parts, instability: instability))
        append(part.label, to: &path)
    }

    private func path(to part: ValuePart) -> String {
        var path = path
        append(part.label, to: &path)
        return String(decoding: path, as: UTF8.self)
    }

    private func append(_ label: String, to path: inout [UInt8]) {
        if label.isEmpty { return }
        if !path.isEmpty { path.append(UInt8(ascii: ".")) }
        path.append(contentsOf: label.utf8)
    }

    /// A dotted path of two; what is empty is left out.
    static func joined(_ path: String, _ label: String) -> String {
        path.isEmpty || label.isEmpty ? path + label : "\(path).\(label)"
    }
}

/// Asks for a class only where there is an object: elsewhere the runtime would try to make one, of a
/// million numbers element by element.
func object<Object: AnyObject>(in value: Any, as type: Object.Type) -> Object? {
    Swift.type(of: value) is AnyObject.Type ? value as? Object : nil
}
