public import BraidCore
public import BraidEngine
import BraidPlatform
import Synchronization

/// The process-wide engine that arrays push their work into.
public enum Runtime {
    private static let state = Locked<Engine?>(nil)
    /// Whether small operators may run on the calling thread; not known before there is an engine.
    private enum InlineRule {
        static let unknown: UInt8 = 0
        static let refused: UInt8 = 1
        static let allowed: UInt8 = 2
    }
    private static let inlineRule = Atomic<UInt8>(InlineRule.unknown)

    /// The engine in use; a threaded one with every usable core unless `use` chose another.
    public static var engine: Engine {
        state.withLock { current in
            if let current { return current }
            let engine = CheckedMode.isAskedFor ? Engine(.serial) : Engine(.threaded(threads: nil))
            allowInline(by: engine)
            current = engine
            return engine
        }
    }

    /// Small operators go through the engine where their results are to be checked.
    private static func allowInline(by engine: Engine) {
        let isAllowed = engine.permitsInline && !CheckedMode.isOn
        inlineRule.store(isAllowed ? InlineRule.allowed : InlineRule.refused, ordering: .releasing)
    }

    /// Makes `engine` the engine of all arrays, after everything pushed so far is done. The one
    /// before it is stopped. Not to be called inside jobs or while other threads work on arrays.
    /// - Parameter checked: whether every job is checked, see `isChecked`. With `BRAID_CHECK=1` in the
    ///   environment it is, and on a serial engine instead of this one.
    public static func use(_ engine: Engine, checked: Bool = false) {
        let engine = CheckedMode.isAskedFor ? Engine(.serial) : engine
        let previous = state.withLock { current in
            let previous = current
            current = engine
            CheckedMode.isOn = checked || CheckedMode.isAskedFor
            allowInline(by: engine)
            return previous
        }
        if let previous, previous !== engine { previous.stop() }
    }

    /// Waits until everything pushed so far is done.
    /// - Throws: `EngineError`, the earliest failure that no earlier call reported.
    public static func waitAll() throws(EngineError) { try engine.waitAll() }

    /// Gives the memory of arrays that are gone back to the system.
    ///
    /// Arrays leave their memory to those that come after them, so that a program that does the same again
    /// asks the system for none. When no array is left, at most 64 MiB, or an eighth of the most that there
    /// ever was, is kept; call this where a program that goes on with less work is to give back the rest.
    /// Memory that arrays or jobs use stays.
    public static func trim() { MemoryPool.trim() }

    /// Whether small ready work may run on the calling thread at once.
    @inline(__always)
    package static var permitsInline: Bool {
        let rule = inlineRule.load(ordering: .relaxed)
        return rule == InlineRule.allowed || (rule == InlineRule.unknown && firstEngineAllows())
    }

    private static func firstEngineAllows() -> Bool {
        _ = engine
        return inlineRule.load(ordering: .relaxed) == InlineRule.allowed
    }
}

extension Engine: WorkSplitter {}
