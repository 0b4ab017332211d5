import BraidEngine
import BraidPlatform
import Synchronization

/// Whether the results of every job are looked at.
enum CheckedMode {
    /// Whether the environment asks for it, for the whole run.
    static let isAskedFor = !["", "0"].contains(Environment["BRAID_CHECK"] ?? "")
    private static let state = Atomic<Bool>(isAskedFor)

    static var isOn: Bool {
        get { state.load(ordering: .relaxed) }
        set { state.store(newValue, ordering: .relaxed) }
    }
}

extension Runtime {
    /// Whether every job is checked: its results for NaN, and for infinite values that come out of
    /// finite ones; its indices for being inside their axis; and its writes for staying inside its
    /// results. What is found is thrown by every read as a `CheckError`, which names the operator, the
    /// block and the line that called it.
    ///
    /// For debugging. The environment variable `BRAID_CHECK=1` turns it on, with a serial engine
    /// whatever engine the program asks for; `use(_:checked:)` does so in code. Hybridized functions
    /// and gradients then run operator by operator, with the same bits. Values that the caller made
    /// infinite or NaN are its own affair until an operator makes NaN of them.
    public static var isChecked: Bool { CheckedMode.isOn }
}
