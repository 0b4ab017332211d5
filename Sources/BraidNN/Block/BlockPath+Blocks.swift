import BraidRuntime

extension BlockPath {
    /// Makes `block` the innermost block while `body` runs.
    static func inside<Result>(_ block: any Block, _ body: () -> Result) -> Result {
        var path = ""
        if let outer = current, let parent = outer.block as? any Block {
            let name = name(of: block, in: parent)
            path = outer.path.isEmpty ? name : "\(outer.path).\(name)"
        }
        return $current.withValue(BlockPath(block, path: path), operation: body)
    }

    /// What `parent` calls `block`: all names that it may have, for blocks without parameters may be alike;
    /// `?` for one that is not stored there.
    private static func name(of block: any Block, in parent: any Block) -> String {
        let identity = Identity(block)
        let names = ParameterList.children(of: parent).filter { Identity($0.block) == identity }
        return names.isEmpty ? "?" : names.map(\.name).joined(separator: " or ")
    }

    /// What tells blocks from each other.
    private struct Identity: Hashable {
        let type: ObjectIdentifier
        let parameters: [ObjectIdentifier]

        init(_ block: any Block) {
            type = ObjectIdentifier(Swift.type(of: block))
            parameters = block.parameters.map { ObjectIdentifier($0.parameter) }
        }
    }
}
