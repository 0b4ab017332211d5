#if os(Linux) && canImport(Runtime)
    import Runtime
#endif

/// Where the program was when it called the library: captured at once, made readable when something
/// was found.
package struct CallStack: Sendable {
    #if os(Linux) && canImport(Runtime)
        private let frames: Backtrace?
        private static let images = ImageMap.capture()
        /// Frames of one call: deep enough for blocks in blocks.
        private static let frameLimit = 128

        /// The stack of this moment.
        package init() {
            frames = try? Backtrace.capture(limit: Self.frameLimit, images: Self.images)
        }

        /// The innermost line outside the library, as `/app/main.swift:7`; nil where the program has no
        /// debug information.
        package var location: String? {
            guard let frames = frames?.symbolicated()?.frames else { return nil }
            for frame in frames {
                if let line = frame.symbol?.sourceLocation, Self.isOutside(line.path) {
                    return "\(line.path):\(line.line)"
                }
            }
            return nil
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

        /// Not known on this platform.
        package var location: String? { nil }
    #endif
}

/// The library itself, in which no mistake of its users is.
package enum Library {
    static let modules = [
        "BraidPlatform", "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph", "BraidRuntime",
        "BraidData", "BraidParallel", "BraidNN",
    ]

    /// A line outside the library as `MyModule/main.swift:12`; nil for the library's own.
    package static func place(_ fileID: StaticString, _ line: UInt) -> String? {
        let file = "\(fileID)"
        return modules.contains { file.hasPrefix("\($0)/") } ? nil : "\(file):\(line)"
    }
}
