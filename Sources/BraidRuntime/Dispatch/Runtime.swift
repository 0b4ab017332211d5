public import BraidCore
public import BraidEngine
import Synchronization

/// The process-wide engine that arrays push their work into.
public enum Runtime {
    private static let state = Mutex<Engine?>(nil)
    private static let inlineAllowed = Atomic<Bool>(true)

    /// The engine in use; a threaded one with every usable core unless `use` chose another.
    public static var engine: Engine {
        state.withLock { current in
            if let current { return current }
            let engine = Engine(.threaded(threads: nil))
            inlineAllowed.store(engine.permitsInline, ordering: .releasing)
            current = engine
            return engine
        }
    }

    /// Makes `engine` the engine of all arrays, after everything pushed so far is done. The one
    /// before it is stopped. Not to be called inside jobs or while other threads work on arrays.
    public static func use(_ engine: Engine) {
        let previous = state.withLock { current in
            let previous = current
            current = engine
            inlineAllowed.store(engine.permitsInline, ordering: .releasing)
            return previous
        }
        if let previous, previous !== engine { previous.stop() }
    }

    /// Waits until everything pushed so far is done.
    /// - Throws: `EngineError`, the earliest failure that no earlier call reported.
    public static func waitAll() throws(EngineError) { try engine.waitAll() }

    /// Whether small ready work may run on the calling thread at once.
    @inline(__always)
    package static var permitsInline: Bool { inlineAllowed.load(ordering: .relaxed) }
}

extension Engine: WorkSplitter {}
