import Foundation

/// Text for people: a live line on a terminal, plain lines elsewhere.
struct TextReporter: Reporter {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private static let barWidth = 20

    func warn(_ message: String) {
        FileHandle.standardError.write(Data("warning: \(message)\n".utf8))
    }

    func started(model: String, trainingCount: Int, testCount: Int, threads: Int) {
        say(
            "Training \(model) on digits: \(trainingCount) samples to learn from, "
                + "\(testCount) to test, \(threads) thread\(threads == 1 ? "" : "s")\n")
    }

    func wantsBatch(_ batch: Int, of batches: Int) -> Bool {
        isTerminal && (batch % 4 == 0 || batch == batches)
    }

    func batch(_ progress: Progress) {
        let filled = Self.barWidth * progress.batch / progress.batches
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: "-", count: Self.barWidth - filled)
        say("\r\u{1B}[K[\(bar)] batch \(progress.batch)/\(progress.batches) " + line(progress))
    }

    func epoch(_ progress: Progress, testAccuracy: Double) {
        let start = isTerminal ? "\r\u{1B}[K" : ""
        say(start + line(progress) + "  test \(percent(testAccuracy))\n")
    }

    func finished(model: String, testAccuracy: Double, samplesPerSecond: Double, output: String?) {
        say("\nTest accuracy \(percent(testAccuracy)), \(rate(samplesPerSecond)) in training.\n")
        if let output {
            say("Wrote \(output). Next: train --evaluate \(output)\n")
        } else {
            say(
                """
                Next: train --output \(model).safetensors, then train --evaluate \
                \(model).safetensors; train --help shows the rest.

                """)
        }
    }

    func evaluated(model: String, testAccuracy: Double, samples: [Prediction]) {
        for sample in samples {
            let verdict = sample.predicted == sample.label ? "" : ", but it is a \(sample.label)"
            say(sample.drawing.joined(separator: "\n") + "\n")
            say("predicted \(sample.predicted)\(verdict)\n\n")
        }
        say("\(model): test accuracy \(percent(testAccuracy))\n")
    }

    private func line(_ progress: Progress) -> String {
        let loss = String(format: "%.4f", progress.loss)
        return "epoch \(progress.epoch)/\(progress.epochs)  loss \(loss)  "
            + "accuracy \(percent(progress.accuracy))  \(rate(progress.samplesPerSecond))"
    }

    private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
    private func rate(_ value: Double) -> String { String(format: "%.0f samples/s", value) }

    private func say(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
