import BraidRuntime
import Synchronization

extension BlockPath {
    /// Makes `block` the innermost block while `body` runs.
    /// - Parameter body: gets the block's place in the outermost one, as names of parameters have it; empty
    ///   for that one itself.
    static func inside<Result>(_ block: any Block, _ body: (_ path: String) -> Result) -> Result {
        let place = BlockPlace(of: block, inside: current?.place as? BlockPlace)
        let type = BlockPlace.typeName(of: block)
        let description = place.path.isEmpty ? type : "\(place.path) (\(type))"
        return $current.withValue(BlockPath(description, place: place)) { body(place.path) }
    }
}

/// Where a block that is being called stands in the outermost one.
final class BlockPlace: Sendable {
    let path: String
    private let outer: BlockPlace?
    private let block: any Block
    /// The blocks inside of this one; nil until one is called.
    private let members = Mutex<[Member]?>(nil)

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

    /// The type, of compiled blocks that of what was compiled.
    static func typeName(of block: any Block) -> String {
        (block as? any TransparentBlock).map { typeName(of: $0.wrappedBlock) }
            ?? "\(Swift.type(of: block))"
    }

    private func place(of words: [String]) -> String? {
        members.withLock { known in
            var members = known ?? Self.members(of: block, path: path)
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
        ParameterList.children(of: block).flatMap { name, child -> [Member] in
            let path = ParameterList.joined(path, name)
            return [Member(path: path, words: BlockStructure(of: child).words)]
                + members(of: child, path: path)
        }
    }
}
