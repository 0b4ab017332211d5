import BraidPlatform
import BraidRuntime

extension BlockPath {
    /// Makes `block` the innermost block while `body` runs.
    /// - Parameter body: gets the block's place in the outermost one, as names of parameters have it; empty
    ///   for that one itself.
    static func inside<Called: Block, Result>(
        _ block: Called, _ body: (_ path: String) -> Result
    ) -> Result {
        let place = BlockPlace(of: block, inside: current?.place as? BlockPlace)
        let path = BlockPath(place.description, place: place)
        return path {
            BlockCalls.inside(block) { body(place.path) }
        }
    }
}

/// Where a block that is being called stands in the outermost one.
final class BlockPlace: Sendable {
    let path: String
    private let outer: BlockPlace?
    private let block: any Block
    /// The blocks inside of this one; nil until one is called.
    private let members = Locked<[Member]?>(nil)

    private struct Member {
        let path: String
        /// Equal words mean that two values are the same block, as far as can be told.
        let words: [String]
    }

    /// The place of `block`, which is called inside of another.
    init(of block: any Block, inside outer: BlockPlace?) {
        self.block = block
        self.outer = outer
        let words = outer == nil ? [] : BlockStructure(of: block).words
        path =
            sequence(first: outer, next: { $0?.outer }).lazy
            .compactMap { $0?.place(of: words) }.first ?? (outer == nil ? "" : "?")
    }

    /// The place of `block` in a call that is the `ordinal`th inside of that of `outer`. Blocks that are
    /// equal and do not stand in a row cannot be told from each other: the path then names them all.
    init(of block: any Block, inside outer: BlockPlace?, ordinal: Int) {
        self.block = block
        self.outer = outer
        guard let outer else {
            path = ""
            return
        }
        let words = BlockStructure(of: block).words
        if let row = Self.unwrapped(outer.block) as? any BlockRow,
            row.blocks.indices.contains(ordinal),
            BlockStructure(of: row.blocks[ordinal]).words == words
        {
            path = ValueWalk.joined(outer.path, "\(ordinal)")
            return
        }
        let candidates = sequence(first: outer, next: \.outer).lazy.map { place in
            Self.members(of: place.block, path: place.path).filter { $0.words == words }.map(\.path)
        }.first { !$0.isEmpty }
        path = candidates?.joined(separator: " or ") ?? "?"
    }

    /// The path and the type, as `2 (Dense)`; the type alone of the outermost block, and of one that is
    /// made while it is called.
    var description: String {
        let type = Self.typeName(of: block)
        switch path {
        case "": return type
        case "?": return outer.map { "\(type), made in \($0.description)" } ?? type
        default: return "\(path) (\(type))"
        }
    }

    private static func unwrapped(_ block: any Block) -> any Block {
        (block as? any TransparentBlock).map { unwrapped($0.wrappedBlock) } ?? block
    }

    /// The type, of compiled blocks that of what was compiled.
    static func typeName(of block: any Block) -> String {
        "\(Swift.type(of: unwrapped(block)))"
    }

    private func place(of words: [String]) -> String? {
        // Found outside the lock: blocks may mirror themselves by code of their own.
        let found = members.withLock { $0 } ?? Self.members(of: block, path: path)
        return members.withLock { known in
            var members = known ?? found
            defer { known = members }
            guard let index = members.firstIndex(where: { $0.words == words }) else { return nil }
            // At the end it is found again, after others that are equal: those are called in their order.
            let found = members.remove(at: index)
            members.append(found)
            return found.path
        }
    }

    /// All blocks inside of one, each before those inside of it.
    private static func members(of block: any Block, path: String) -> [Member] {
        // Deeper blocks are not told from each other in messages.
        guard ThreadStack.hasRoom else { return [] }
        return ParameterList.children(of: block).flatMap { name, child -> [Member] in
            let path = ValueWalk.joined(path, name)
            return [Member(path: path, words: BlockStructure(of: child).words)]
                + members(of: child, path: path)
        }
    }
}
