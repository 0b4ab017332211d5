import Braid
import BraidCommandLine
import BraidPlatform
import Foundation

/// Text for people: a live line on a terminal, plain lines elsewhere.
final class TextReporter: Reporter {
    private let columns = Console.columns
    private let clock = ContinuousClock()
    /// When the live line is drawn again: reading the metrics waits for the engine.
    private var nextUpdate = ContinuousClock.now
    private static let updateInterval = Duration.milliseconds(100)
    private static let barWidth = 12

    func warn(_ message: String) { Console.warn("warning: \(message)") }

    func started(model: String, data: String, trainingCount: Int, testCount: Int, threads: Int) {
        Console.write(
            "Training \(model.printable) on \(data.printable): \(trainingCount) samples to learn from, "
                + "\(testCount) to test, \(threads) thread\(threads == 1 ? "" : "s")\n")
    }

    func wantsBatch(_ batch: Int, of batches: Int) -> Bool {
        columns != nil && clock.now >= nextUpdate
    }

    func batch(_ progress: Progress) {
        nextUpdate = clock.now + Self.updateInterval
        let filled = Self.barWidth * progress.batch / progress.batches
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: "-", count: Self.barWidth - filled)
        let text = summary(progress) + "  [\(bar)] \(progress.batch)/\(progress.batches)"
        // A line that wraps could not be drawn over.
        Console.write(Self.lineStart + text.prefix(max((columns ?? 80) - 1, 0)))
    }

    func epoch(_ progress: Progress, testAccuracy: Double) {
        let start = columns == nil ? "" : Self.lineStart
        Console.write(start + summary(progress) + "  test \(percent(testAccuracy))\n")
    }

    func finished(
        model: String, data: String, testAccuracy: Double, samplesPerSecond: Double, output: String?
    ) {
        let speed = rate(samplesPerSecond)
        Console.write("\nTest accuracy \(percent(testAccuracy)), \(speed) in training.\n")
        // What went into a stream cannot be read again.
        if let output, FilePlace.isStream(output) {
            Console.write("Wrote \(shellQuoted(output)), the network with its weights.\n")
        } else if let output {
            let evaluate = ["--evaluate", output, "--data", data]
            let run = ["run", output, "--input", "image.npy", "--output", "scores.npy"]
            Console.write(
                """
                Wrote \(shellQuoted(output)), the network with its weights. Next:
                  \(Invocation.command(evaluate))
                      shows what it recognises
                  \(Invocation.companion("hybridize", ["inspect", output]))
                      shows its graph, and what it takes and gives
                  \(Invocation.companion("hybridize", run))
                      runs it on an image in NumPy's format

                """)
        } else {
            let options = Invocation.arguments + ["--output", "\(model).braid"]
            Console.write(
                """
                Next: \(Invocation.command(options))
                trains the same network and keeps it; train --help shows the rest.

                """)
        }
    }

    func evaluated(model: String, testAccuracy: Double, samples: [Prediction]) {
        Console.write(
            drawn(samples) + "\n\(model.printable): test accuracy \(percent(testAccuracy))\n")
    }

    /// The drawings side by side, each with its prediction below.
    private func drawn(_ samples: [Prediction]) -> String {
        let captions = samples.map { sample in
            let isRight = sample.predicted == sample.label
            return "predicted \(sample.predicted)" + (isRight ? "" : ", is \(sample.label)")
        }
        let widths = zip(samples, captions).map { sample, caption in
            max(sample.drawing.map(\.count).max() ?? 0, caption.count) + Prediction.gap
        }
        func row(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            let trailing = padded.joined().reversed().prefix { $0 == " " }.count
            return padded.joined().dropLast(trailing) + "\n"
        }
        let height = samples.map(\.drawing.count).max() ?? 0
        let lines = (0..<height).map { line in
            row(samples.map { line < $0.drawing.count ? $0.drawing[line] : "" })
        }
        return lines.joined() + row(captions)
    }

    /// Goes back to the start of the line and clears it.
    private static let lineStart = "\r\u{1B}[K"

    private func summary(_ progress: Progress) -> String {
        let loss = String(format: "%.4f", progress.loss)
        return "epoch \(progress.epoch)/\(progress.epochs)  loss \(loss)  "
            + "accuracy \(percent(progress.accuracy))  \(rate(progress.samplesPerSecond))"
    }

    private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
    private func rate(_ value: Double) -> String { String(format: "%.0f samples/s", value) }
}
