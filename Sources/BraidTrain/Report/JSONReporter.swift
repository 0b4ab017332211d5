import Braid
import BraidCommandLine

/// One JSON object a line for scripts; the last one has the event `finished` or `evaluated`.
struct JSONReporter: Reporter {
    func warn(_ message: String) { say("warning", [("message", .string(message))]) }

    func started(model: String, data: String, trainingCount: Int, testCount: Int, threads: Int) {
        say(
            "started",
            [
                ("model", .string(model)), ("data", .string(data)),
                ("training_samples", .integer(Int64(trainingCount))),
                ("test_samples", .integer(Int64(testCount))),
                ("threads", .integer(Int64(threads))),
            ])
    }

    func wantsBatch(_ batch: Int, of batches: Int) -> Bool { false }
    func batch(_ progress: Progress) {}

    func epoch(_ progress: Progress, testAccuracy: Double) {
        say(
            "epoch",
            [
                ("epoch", .integer(Int64(progress.epoch))), ("loss", .number(progress.loss)),
                ("accuracy", .number(progress.accuracy)),
                ("test_accuracy", .number(testAccuracy)),
                ("samples_per_second", .number(progress.samplesPerSecond)),
            ])
    }

    func finished(
        model: String, data: String, testAccuracy: Double, samplesPerSecond: Double, output: String?
    ) {
        var fields: [(String, JSON)] = [
            ("test_accuracy", .number(testAccuracy)),
            ("samples_per_second", .number(samplesPerSecond)), ("model", .string(model)),
        ]
        if let output { fields.append(("output", .string(output))) }
        say("finished", fields)
    }

    func evaluated(model: String, testAccuracy: Double, samples: [Prediction]) {
        let predictions = samples.map { sample in
            JSON.object([
                ("predicted", .integer(Int64(sample.predicted))),
                ("label", .integer(Int64(sample.label))),
            ])
        }
        say(
            "evaluated",
            [
                ("test_accuracy", .number(testAccuracy)), ("model", .string(model)),
                ("predictions", .array(predictions)),
            ])
    }

    private func say(_ event: String, _ fields: [(String, JSON)]) {
        let object = JSON.object([("event", .string(event))] + fields)
        Console.write(object.printableText + "\n")
    }
}
