/// Samples per second of training, without the time between the epochs.
struct Speed {
    var samples = 0
    private var earlier = Duration.zero
    private var started: ContinuousClock.Instant?

    mutating func start() { started = .now }

    mutating func stop() {
        earlier = time
        started = nil
    }

    private var time: Duration {
        earlier + (started.map { ContinuousClock.now - $0 } ?? .zero)
    }

    /// 0 before anything was measured.
    var samplesPerSecond: Double {
        let seconds = time / .seconds(1)
        return seconds > 0 ? Double(samples) / seconds : 0
    }
}
