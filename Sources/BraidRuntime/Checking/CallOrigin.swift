#if os(Linux) && canImport(Runtime)
    import Runtime
#endif

/// Who called an operator: captured at the call, made readable when something was found.
struct CallOrigin: Sendable {
    /// The path of the innermost block.
    let block: String?

    #if os(Linux) && canImport(Runtime)
        private let frames: Backtrace?
        private static let images = ImageMap.capture()
        /// Frames of one call: deep enough for blocks in blocks.
        private static let frameLimit = 128

        /// The caller of this moment.
        init() {
            block = BlockPath.current?.description
            frames = try? Backtrace.capture(limit: Self.frameLimit, images: Self.images)
        }

        /// The innermost line outside the library.
        var location: String? {
            guard let frames = frames?.symbolicated()?.frames else { return nil }
            for frame in frames {
                if let line = frame.symbol?.sourceLocation, Self.isOutside(line.path) {
                    return "\(line.path):\(line.line)"
                }
            }
            return nil
        }

        /// Whether a file belongs to a program that uses the library: is none of the library's modules,
        /// and none of Swift's own, whose paths are those of the machine that built the toolchain.
        private static func isOutside(_ path: String) -> Bool {
            path.hasPrefix("/")
                && !["/swift/stdlib/", "/swift/include/", "<compiler-generated>"].contains {
                    path.contains($0)
                }
                && !modules.contains { path.contains("/Sources/\($0)/") }
        }

        private static let modules = [
            "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph", "BraidRuntime", "BraidData",
            "BraidParallel", "BraidNN",
        ]
    #else
        /// The caller of this moment.
        init() { block = BlockPath.current?.description }

        /// Not known on this platform.
        var location: String? { nil }
    #endif
}
