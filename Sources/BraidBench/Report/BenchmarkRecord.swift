import Foundation

/// One line of the results, in the form that the peers' scripts write.
struct BenchmarkRecord: Codable {
    let peer: String
    let benchmarkCase: String
    let threads: Int
    /// Seconds of one run, or of one of its parts; nil when it failed or is not timed.
    let median: Double?
    let minimum: Double?
    let extra: Extra

    struct Extra: Codable {
        var samples: Int?
        var callsPerSample: Int?
        var firstCall: Double?
        var foreign: Double?
        var checksum: Double?
        var gigaflops: Double?
        var gigabytesPerSecond: Double?
        var operatorsPerSecond: Double?
        var itemsPerSecond: Double?
        var peakMegabytes: Double?
        var installedMegabytes: Double?
        var error: String?

        enum CodingKeys: String, CodingKey {
            case samples = "n"
            case callsPerSample = "inner"
            case firstCall = "first_call_s"
            case foreign, checksum
            case gigaflops = "gflops"
            case gigabytesPerSecond = "gbs"
            case operatorsPerSecond = "ops_s"
            case itemsPerSecond = "items_s"
            case peakMegabytes = "peak_rss_mb"
            case installedMegabytes = "installed_mb"
            case error
        }
    }

    enum CodingKeys: String, CodingKey {
        case peer
        case benchmarkCase = "case"
        case threads
        case median = "median_s"
        case minimum = "min_s"
        case extra
    }

    /// The line.
    /// - Throws: `EncodingError` for numbers that are not finite.
    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension BenchmarkRecord {
    /// What measuring `workload` gave.
    init(
        _ name: String, peer: String, threads: Int, _ timing: Timing, checksum: Double,
        _ workload: BenchmarkCase.Workload
    ) {
        let (amounts, parts) = (workload.amounts, Double(workload.parts))
        func rate(_ amount: Double?, per unit: Double = 1) -> Double? {
            amount.map { $0 / timing.median / unit }
        }
        self.init(
            peer: peer, benchmarkCase: name, threads: threads, median: timing.median / parts,
            minimum: timing.minimum / parts,
            extra: Extra(
                samples: timing.samples.count, callsPerSample: timing.callsPerSample,
                firstCall: timing.firstCall, foreign: timing.foreignLoad, checksum: checksum,
                gigaflops: rate(amounts.floatingPointOperations, per: 1e9),
                gigabytesPerSecond: rate(amounts.bytes, per: 1e9),
                operatorsPerSecond: rate(amounts.operators.map(Double.init)),
                itemsPerSecond: rate(amounts.items.map(Double.init))))
    }

    /// What a process of its own reported, and seconds that such processes took, ascending.
    init(
        _ name: String, peer: String, threads: Int, _ report: OwnProcess.Report,
        seconds: [Double] = []
    ) {
        self.init(
            peer: peer, benchmarkCase: name, threads: threads,
            median: seconds.isEmpty ? nil : seconds[seconds.count / 2], minimum: seconds.first,
            extra: Extra(
                samples: seconds.isEmpty ? nil : seconds.count, checksum: report.checksum,
                peakMegabytes: report.peakMegabytes,
                installedMegabytes: seconds.isEmpty ? nil : OwnProcess.programMegabytes))
    }

    /// A case that could not be measured.
    init(_ name: String, peer: String, threads: Int, error: any Error) {
        self.init(
            peer: peer, benchmarkCase: name, threads: threads, median: nil, minimum: nil,
            extra: Extra(error: "\(error)"))
    }
}
