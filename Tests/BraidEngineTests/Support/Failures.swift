import BraidEngine

extension Engine {
    /// What a wait for `variable` throws.
    func failure(of variable: Variable) -> EngineError? {
        do throws(EngineError) {
            try wait(for: variable)
            return nil
        } catch { return error }
    }

    /// What `waitAll` throws.
    func failureOfAll() -> EngineError? {
        do throws(EngineError) {
            try waitAll()
            return nil
        } catch { return error }
    }
}
