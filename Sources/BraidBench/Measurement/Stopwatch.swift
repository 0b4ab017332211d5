/// Times a piece of work as the peers' scripts do: warm-up, then samples of at least 2 ms each, until
/// there are enough of them.
struct Stopwatch {
    /// How long the work runs before the samples.
    var warmUp = Duration.milliseconds(100)
    /// Samples go on for at least so long …
    var shortest = Duration.milliseconds(300)
    /// … and there are at least so many, …
    var fewest = 5
    /// … but at most so many, …
    var most = 300
    /// … and three suffice after so long.
    var longest = Duration.seconds(4)

    /// Takes samples of `work`, which must come back when everything is done.
    func time(_ work: () throws -> Void) rethrows -> Timing {
        let clock = ContinuousClock()
        let first = try clock.measure(work)
        var last = first
        let start = clock.now
        repeat { last = try clock.measure(work) } while clock.now - start < warmUp

        let callsPerSample = max(1, Int(Self.shortestSample / max(last, .nanoseconds(10))))
        var samples: [Double] = []
        let load = MachineLoad.now
        let begin = clock.now
        while true {
            let time = try clock.measure { for _ in 0..<callsPerSample { try work() } }
            samples.append(time / .seconds(1) / Double(callsPerSample))
            let total = clock.now - begin
            if samples.count >= fewest && total >= shortest { break }
            if samples.count >= most || (total >= longest && samples.count >= 3) { break }
        }
        return Timing(
            samples: samples.sorted(), callsPerSample: callsPerSample,
            firstCall: first / .seconds(1),
            foreignLoad: (MachineLoad.now - load).foreign / ((clock.now - begin) / .seconds(1)))
    }

    private static let shortestSample = Duration.milliseconds(2)
}

/// What a stopwatch found.
struct Timing {
    /// Seconds per call, ascending.
    let samples: [Double]
    let callsPerSample: Int
    /// Seconds of the very first call, which traces and compiles.
    let firstCall: Double
    /// Processor seconds that other processes took per second of the samples; on a quiet machine 0.
    let foreignLoad: Double

    var median: Double {
        let middle = samples.count / 2
        return samples.count % 2 == 1
            ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2
    }
    var minimum: Double { samples[0] }
}
