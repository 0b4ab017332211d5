#if os(Linux) && canImport(Runtime)
    import Runtime
#endif

/// Where the program was when it called the library: captured at once, made readable when something
/// was found.
package struct CallStack: Sendable {
    #if os(Linux) && canImport(Runtime)
        private let frames: Backtrace?
        /// Frames alone: to find the line of one takes a pass over the debug information of the program,
        /// to find those of all as many.
        private var single: [Backtrace] = []
        private static let images = ImageMap.capture()
        /// Frames of one call: deep enough for blocks in blocks.
        private static let frameLimit = 128

        /// The stack of this moment.
        package init() {
            frames = try? Backtrace.capture(limit: Self.frameLimit, top: 0, images: Self.images)
        }

        /// The same stack, with all that makes its lines quick to find; those only of calls that have not
        /// returned.
        @inline(never)
        package func resolved() -> CallStack {
            var stack = self
            // What lies on top of the captured frames is there, too.
            stack.single = (0..<2 * Self.frameLimit).lazy.map {
                // The limit counts the mark of what is left out behind the frame.
                try? Backtrace.capture(limit: 2, offset: $0, top: 0, images: Self.images)
            }
            .prefix { $0.map { Self.address(of: $0) != nil } ?? false }.compactMap { $0 }
            return stack
        }

        /// The innermost line outside the library, as `/app/main.swift:7`; nil where the program has no
        /// debug information. Takes long, much longer without `resolved()`.
        package var location: String? {
            for frame in frames?.symbolicated(options: .useSymbolCache)?.frames ?? [] {
                guard let name = frame.symbol?.rawName, Library.mayBeOutside(symbol: name) else {
                    continue
                }
                let address = frame.captured.adjustedProgramCounter
                guard let alone = single.first(where: { Self.address(of: $0) == address }) else {
                    return frames.flatMap(Self.line)
                }
                if let line = Self.line(alone) { return line }
            }
            return nil
        }

        private static func line(_ stack: Backtrace) -> String? {
            for frame in stack.symbolicated()?.frames ?? [] {
                if let line = frame.symbol?.sourceLocation, isOutside(line.path) {
                    return "\(line.path):\(line.line)"
                }
            }
            return nil
        }

        private static func address(of stack: Backtrace) -> Backtrace.Address? {
            guard let frame = stack.frames.first(where: { _ in true }) else { return nil }
            switch frame {
            case .omittedFrames, .truncated: return nil
            default: return frame.adjustedProgramCounter
            }
        }

        /// Parts of the paths of what nobody wrote in the program: Swift itself, expansions of macros.
        private static let notWritten = [
            "/swift/stdlib/", "/swift/include/", "<compiler-generated>",
            "/swift-generated-sources/",
        ]

        /// Whether a file belongs to a program that uses the library: is none of the library's modules,
        /// and none of Swift's own, whose paths are those of the machine that built the toolchain.
        private static func isOutside(_ path: String) -> Bool {
            path.hasPrefix("/")
                && !notWritten.contains { path.contains($0) }
                && !Library.modules.contains { path.contains("/Sources/\($0)/") }
        }
    #else
        /// The stack of this moment.
        package init() {}

        /// The same stack.
        package func resolved() -> CallStack { self }

        /// Not known on this platform.
        package var location: String? { nil }
    #endif
}

/// The library itself, in which no mistake of its users is.
package enum Library {
    static let modules = [
        "BraidPlatform", "BraidFormats", "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph",
        "BraidRuntime", "BraidData", "BraidParallel", "BraidNN",
    ]

    /// Whether the function of this mangled name may belong to a program that uses the library: to a module
    /// that is neither the library's nor Swift's. The scheme is that of Swift's `docs/ABI/Mangling.rst`.
    package static func mayBeOutside(symbol: String) -> Bool {
        guard symbol.hasPrefix("$s") else { return symbol == "main" || symbol.hasSuffix("_main") }
        var rest = symbol.dropFirst(2)
        var module = identifier(&rest)
        if module == nil {
            // A type of Swift's: the module is that of an extension, if there is one.
            if rest.first == "s" {
                rest = rest.dropFirst()
                if identifier(&rest) == nil { return false }
                rest = rest.dropFirst()
            } else {
                rest = rest.dropFirst(2)
            }
            module = identifier(&rest)
            if rest.first != "E" { return false }
        }
        return module.map { !modules.contains($0) } ?? false
    }

    /// Takes an identifier with its length before it, as `5Braid`, from the beginning.
    private static func identifier(_ mangled: inout Substring) -> String? {
        let digits = mangled.prefix { "0"..."9" ~= $0 }
        guard let length = Int(digits), length > 0 else { return nil }
        mangled = mangled.dropFirst(digits.count)
        let name = String(mangled.prefix(length))
        mangled = mangled.dropFirst(length)
        return name
    }

    /// A line outside the library as `MyModule/main.swift:12`; nil for the library's own.
    package static func place(_ fileID: StaticString, _ line: UInt) -> String? {
        let file = "\(fileID)"
        return modules.contains { file.hasPrefix("\($0)/") } ? nil : "\(file):\(line)"
    }
}
