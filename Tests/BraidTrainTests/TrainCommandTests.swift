import Braid
import BraidCommandLine
import BraidTestSupport
import Foundation
import Testing

/// Runs the built `train` executable as a user would.
struct TrainCommandTests {
    private let train = BuiltProgram("train")

    /// The last line of `--json` output.
    private func lastObject(_ output: String) throws -> [String: Any] {
        let line = try #require(output.split(separator: "\n").last)
        return try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func trainsFromAnyFolderAndEvaluatesItsFile() throws {
        try withTemporaryFolder { folder in
            let trained = try train(
                ["--model", "mlp", "--epochs", "3", "--output", "m.braid", "--json"],
                in: folder)
            #expect(trained.status == 0, "\(trained.errors)")
            let object = try lastObject(trained.output)
            #expect(object["event"] as? String == "finished")
            #expect(object["model"] as? String == "mlp")
            #expect(object["samples_per_second"] as? Double ?? 0 > 0)
            let accuracy = try #require(object["test_accuracy"] as? Double)
            #expect(accuracy > 0.7)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)

            let evaluated = try train(["--evaluate", "m.braid", "--json"], in: folder)
            #expect(evaluated.status == 0, "\(evaluated.errors)")
            #expect(try lastObject(evaluated.output)["test_accuracy"] as? Double == accuracy)
            let text = try train(["--evaluate", "m.braid"], in: folder)
            #expect(text.output.contains("predicted"))
        }
    }

    @Test func outputIsAModelOfOneImage() throws {
        try withTemporaryFolder { folder in
            let path = folder.appending(path: "m.braid").path
            let run = try train(["--model", "mlp", "--epochs", "1", "--output", path])
            #expect(run.output.contains("train --evaluate \(path) --data digits"), "\(run.output)")
            let model = try Model(contentsOfFile: path)
            #expect(model.signature.inputs == [.init("image", TensorType(.f32, [1, 1, 8, 8]))])
            #expect(model.signature.outputs == [.init("scores", TensorType(.f32, [1, 10]))])
            #expect(model.options == OptimizationOptions())
            #expect(model.metadata == ["model": "mlp", "shards": "4"])
            // The parameters fit the network that they come from.
            let network = Models.mlp(classes: 10)
            let image = try Digits.load().test.batch(at: [0]).input
            _ = network(image)
            try network.loadParameters(from: ParameterFile(path: path))
            #expect(
                try network(image).scalars(as: Float.self)
                    == model([image])[0].scalars(as: Float.self))
        }
    }

    @Test func modelsAreEvaluatedByTheirGraphAlone() throws {
        try withTemporaryFolder { folder in
            func evaluate(_ model: Model) throws -> BuiltProgram.Outcome {
                let path = folder.appending(path: "other.bin").path
                try model.write(to: path)
                return try train(["--evaluate", path, "--json"])
            }
            // A network that train does not know: it sees a 3 everywhere.
            let always = NDArray((0..<10).map { Float($0 == 3 ? 1 : 0) }, shape: [1, 10])
            let image = TensorType(.f32, [1, 1, 8, 8])
            let constant = try Model(
                tracing: { (x: NDArray) in x.sum() * 0 + always }, for: [image])
            let run = try evaluate(constant)
            #expect(run.status == 0, "\(run.errors)")
            let labels = try Digits.load().test
            let threes = try labels.batch(at: Array(0..<labels.count)).label
                .scalars(as: Int64.self).count { $0 == 3 }
            let accuracy = try #require(lastObject(run.output)["test_accuracy"] as? Double)
            #expect(Int((accuracy * Double(labels.count)).rounded()) == threes, "\(run.output)")

            let wide = try Model(
                tracing: { (x: NDArray) in x * 2 }, for: [TensorType(.f32, [1, 3])])
            let refused = try evaluate(wide)
            #expect(refused.status == 2)
            #expect(
                refused.errors.contains(
                    "takes 'input' f32[1, 3] and gives 'output' f32[1, 3]; a model of digits takes "
                        + "one f32[1, 1, 8, 8]"), "\(refused.errors)")
        }
    }

    @Test func scoresThatAreNoNumbersHaveNoAccuracy() throws {
        try withTemporaryFolder { folder in
            let path = folder.appending(path: "broken.bin").path
            let scores = NDArray((0..<10).map { Float($0) }, shape: [1, 10])
            func evaluate(
                _ options: [String] = [], _ model: @escaping (NDArray) -> NDArray
            ) throws -> BuiltProgram.Outcome {
                try Model(tracing: model, for: [TensorType(.f32, [1, 1, 8, 8])]).write(to: path)
                return try train(["--evaluate", path] + options)
            }
            for bad in [Double.nan, .infinity, -.infinity] {
                let run = try evaluate { $0.sum() * 0 + scores + bad }
                #expect(run.status == 1, "\(bad): \(run.output)")
                #expect(
                    run.errors.contains("of 359 test samples are infinite or not a number"),
                    "\(run.errors)")
                #expect(!run.output.contains("accuracy"), "\(run.output)")
            }
            let allowed = try evaluate(["--allow-nan"]) { $0.sum() * 0 + scores + Double.nan }
            #expect(allowed.status == 0, "\(allowed.errors)")
            #expect(allowed.errors.contains("not a number"), "\(allowed.errors)")
            #expect(allowed.output.contains("test accuracy"), "\(allowed.output)")
            // A class that is masked.
            let masked = NDArray((0..<10).map { $0 == 3 ? -Float.infinity : 1 }, shape: [1, 10])
            let run = try evaluate { $0.sum() * 0 + masked }
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    @Test func filesOfParametersAreEvaluated() throws {
        try withTemporaryFolder { folder in
            let network = Models.mlp(classes: 10)
            _ = network(try Digits.load().test.batch(at: [0]).input)
            let path = folder.appending(path: "m.safetensors").path
            try network.saveParameters(to: path, metadata: [("model", "mlp")])
            let run = try train(["--evaluate", path, "--json"])
            #expect(run.status == 0, "\(run.errors)")
            #expect(try lastObject(run.output)["model"] as? String == "mlp")
        }
    }

    @Test(arguments: ["sgd", "nag", "adamw", "nadam", "rmsprop", "ftml"])
    func everyOptimizerLearns(name: String) throws {
        let options = [
            "--schedule", "linear", "--warm-up-steps", "10", "--clip-norm", "5", "--weight-decay",
            "0.0001",
        ]
        let run = try train(
            ["--model", "mlp", "--epochs", "4", "--json", "--optimizer", name] + options)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try lastObject(run.output)["test_accuracy"] as? Double ?? 0 > 0.5)
    }

    /// Each changes what is learnt.
    @Test func optionsOfTheStepMatter() throws {
        let variants = [
            [], ["--schedule", "constant"], ["--schedule", "linear"], ["--warm-up-steps", "20"],
            ["--clip-norm", "0.1"], ["--weight-decay", "0.1"], ["--optimizer", "adamw"],
        ]
        let losses = try variants.map { options in
            let run = try train(["--model", "mlp", "--epochs", "2", "--json"] + options)
            let line = run.lines.last { $0.contains("\"epoch\",") }
            return try #require(line?.split(separator: "\"loss\":").last).prefix { $0 != "," }
        }
        #expect(Set(losses).count == variants.count, "\(losses)")
    }

    /// Passes keep every bit, and so does the number of threads.
    @Test func trainingGivesTheSameFileHybridizedOrNot() throws {
        try withTemporaryFolder { folder in
            var files: [Data] = []
            for threads in ["1", "2", "4"] {
                for hybridize in ["--hybridize", "--no-hybridize"] {
                    let path = folder.appending(path: "m.braid").path
                    let options = [hybridize, "--threads", threads]
                    let run = try train(["--epochs", "2", "--output", path] + options)
                    #expect(run.status == 0, "\(options): \(run.errors)")
                    files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
                }
            }
            for file in files { #expect(file == files[0]) }
        }
    }

    @Test func theSameFileForAnyNumberOfThreadsAndInTwoProcesses() throws {
        try withTemporaryFolder { folder in
            var files: [Data] = []
            for (index, options) in [
                ["--threads", "1"], ["--threads", "2"], ["--threads", "4"], ["--threads", "2"],
                ["--no-hybridize"], ["--engine", "serial"], ["--engine", "simulated"],
            ].enumerated() {
                let path = folder.appending(path: "\(index).braid")
                let run = try train(
                    ["--seed", "7", "--epochs", "2", "--output", path.path] + options)
                #expect(run.status == 0, "\(options): \(run.errors)")
                files.append(try Data(contentsOf: path))
            }
            for file in files { #expect(file == files[0]) }
            let other = folder.appending(path: "other.braid")
            _ = try train(["--seed", "8", "--epochs", "2", "--output", other.path])
            #expect(try Data(contentsOf: other) != files[0])
        }
    }

    @Test(arguments: [
        (["--bogus"], "--bogus"), (["--epochs", "-1"], "--epochs"),
        (["--epochs", "0"], "--epochs"), (["--batch-size", "0"], "--batch-size"),
        (["--batch-size", "many"], "many"), (["--learning-rate", "-0.1"], "--learning-rate"),
        (["--learning-rate", "nan"], "--learning-rate"), (["--threads", "0"], "--threads"),
        (["--model", "transformer"], "transformer"), (["--data", "imagenet"], "imagenet"),
        (["--weight-decay", "-1"], "--weight-decay"), (["--schedule", "steep"], "steep"),
        (["--warm-up-steps", "-1"], "--warm-up-steps"), (["--clip-norm", "0"], "--clip-norm"),
        (["--engine", "steam"], "steam"), (["--optimizer", "newton"], "newton"),
        (["--evaluate", "/nowhere/x.safetensors"], "/nowhere/x.safetensors"),
        (["--output", "/nowhere/x.safetensors"], "/nowhere"), (["stray"], "stray"),
        (["--output", "m.braid", "--profile", "./m.braid"], "--profile"),
    ])
    func badOptionsExitWith2AndAClearMessage(arguments: [String], mention: String) throws {
        let run = try train(arguments)
        #expect(run.status == 2, "\(run.errors)")
        #expect(run.errors.contains(mention), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test func corruptFilesExitWith2() throws {
        try withTemporaryFolder { folder in
            let model = folder.appending(path: "m.braid")
            _ = try train(["--model", "mlp", "--epochs", "1", "--output", model.path])
            let good = try Data(contentsOf: model)
            let broken = folder.appending(path: "broken.braid")
            for (name, bytes) in [
                ("empty", Data()), ("short", good.prefix(100)), ("cut", good.dropLast()),
                ("noise", Data((0..<500).map { UInt8(truncatingIfNeeded: $0 &* 37) })),
            ] {
                try bytes.write(to: broken)
                let run = try train(["--evaluate", broken.path])
                #expect(run.status == 2, "\(name): \(run.errors)")
                #expect(run.errors.contains("broken.braid"), "\(name): \(run.errors)")
            }
            for (metadata, mention) in [
                ([], "model"), ([("model", "transformer")], "transformer"),
                ([("model", "mlp")], "missing"),
            ] as [([(String, String)], String)] {
                try SafetensorsWriter.write(to: broken.path, metadata: metadata, tensors: [])
                let run = try train(["--evaluate", broken.path])
                #expect(run.status == 2, "\(metadata): \(run.errors)")
                #expect(run.errors.contains(mention), "\(metadata): \(run.errors)")
            }
            let run = try train(["--evaluate", folder.path])
            #expect(run.status == 2)
        }
    }

    @Test func missingAndCorruptDataExitWith2() throws {
        try withTemporaryFolder { folder in
            let missing = try train([], environment: ["BRAID_DATA_DIRECTORY": folder.path])
            #expect(missing.status == 2)
            #expect(missing.errors.contains(folder.path), "\(missing.errors)")
            let file = folder.appending(path: "digits.bin")
            try Data("nonsense".utf8).write(to: file)
            let corrupt = try train([], environment: ["BRAID_DATA_DIRECTORY": folder.path])
            #expect(corrupt.status == 2)
            #expect(corrupt.errors.contains("digits.bin"), "\(corrupt.errors)")
        }
    }

    @Test func helpShowsExamplesAndExitsWith0() throws {
        let run = try train(["--help"])
        #expect(run.status == 0)
        #expect(run.output.contains("EXAMPLES"))
    }

    /// Runs `train` until its output has a word, sends it a signal, and waits for its end.
    private func interrupted(
        _ arguments: [String], in folder: URL, after word: String, by signal: Int32
    ) throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = train.url
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        var text = ""
        while !text.contains(word) {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "ended too early: \(text)")
            text += String(decoding: more, as: UTF8.self)
        }
        kill(process.processIdentifier, signal)
        // A full pipe would hold the program up.
        _ = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        return (process.terminationStatus, String(decoding: message, as: UTF8.self))
    }

    private func files(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func interruptingTheFirstEpochLeavesNoFile(signal: Int32) throws {
        try withTemporaryFolder { folder in
            // One step is an epoch, and takes a while.
            let run = try interrupted(
                ["--epochs", "100000", "--batch-size", "1", "--output", "m.braid", "--json"],
                in: folder, after: "started", by: signal)
            #expect(run.status == 128 + signal)
            #expect(run.errors.contains("interrupted"), "\(run.errors)")
            #expect(try files(in: folder).isEmpty)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func interruptingKeepsTheLastEpoch(signal: Int32) throws {
        try withTemporaryFolder { folder in
            let options = ["--model", "mlp", "--schedule", "constant", "--json"]
            let run = try interrupted(
                options + ["--epochs", "100000", "--output", "m.braid"], in: folder,
                after: "\"epoch\":2", by: signal)
            #expect(run.status == 128 + signal)
            let parts = run.errors.components(separatedBy: "m.braid, the network after epoch ")
            let last = try #require(
                parts.count == 2 ? parts[1].split(separator: " ").first.flatMap { Int($0) } : nil,
                "\(run.errors)")
            #expect(last >= 2)
            #expect(try files(in: folder) == ["m.braid"])
            // It is what so many epochs alone give.
            _ = try train(
                options + ["--epochs", "\(last)", "--output", "whole.braid"], in: folder)
            let bytes = ["m.braid", "whole.braid"].map {
                FileManager.default.contents(atPath: folder.appending(path: $0).path)
            }
            #expect(bytes[0] != nil && bytes[0] == bytes[1])
        }
    }

    @Test func divergedRunsFailAndReplaceNoFile() throws {
        try withTemporaryFolder { folder in
            let path = folder.appending(path: "m.braid")
            try Data("precious".utf8).write(to: path)
            let options = [
                "--model", "mlp", "--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "3",
                "--output", "m.braid",
            ]
            let run = try train(options, in: folder)
            #expect(run.status == 1, "\(run.output)")
            #expect(run.errors.contains("the loss of step "), "\(run.errors)")
            #expect(run.errors.contains("(epoch 1, batch "), "\(run.errors)")
            #expect(run.errors.contains("a smaller --learning-rate"), "\(run.errors)")
            #expect(try Data(contentsOf: path) == Data("precious".utf8))
            #expect(try files(in: folder) == ["m.braid"])

            let allowed = try train(options + ["--allow-nan", "--json"], in: folder)
            #expect(allowed.status == 0, "\(allowed.errors)")
            #expect(try lastObject(allowed.output)["event"] as? String == "finished")
            #expect(try Data(contentsOf: path) != Data("precious".utf8))
        }
    }

    /// The loss of the last step is finite, but not what that step made of the weights, or of the scores.
    @Test(arguments: ["1e300", "1e30"], [["--output", "m.braid"], []])
    func runsWhoseLastStepRuinsTheNetworkFail(rate: String, output: [String]) throws {
        try withTemporaryFolder { folder in
            let path = folder.appending(path: "m.braid")
            try Data("precious".utf8).write(to: path)
            let options = [
                "--model", "mlp", "--optimizer", "sgd", "--learning-rate", rate, "--epochs", "1",
                "--batch-size", "2000",
            ]
            let run = try train(options + output, in: folder)
            #expect(run.status == 1, "\(run.output)")
            #expect(
                run.errors.contains(
                    "test samples are infinite or not a number after epoch 1; no file was written"),
                "\(run.errors)")
            #expect(!run.output.contains("Test accuracy"), "\(run.output)")
            #expect(try Data(contentsOf: path) == Data("precious".utf8))
            #expect(try files(in: folder) == ["m.braid"])
            let allowed = try train(options + output + ["--allow-nan"], in: folder)
            #expect(allowed.status == 0, "\(allowed.errors)")
        }
    }

    /// Whatever the program waits for, one signal ends it.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func oneSignalEndsWhatWaitsForAStream(signal: Int32) throws {
        try withTemporaryFolder { folder in
            #expect(mkfifo(folder.appending(path: "p").path, 0o600) == 0)
            for options in [
                ["--evaluate", "p"], ["--evaluate", "-"],
                ["--model", "mlp", "--epochs", "1", "--output", "p"],
                ["--model", "mlp", "--epochs", "100000", "--output", "p"],
            ] {
                let process = Process()
                process.executableURL = train.url
                process.arguments = options
                process.currentDirectoryURL = folder
                // Nobody writes to it.
                process.standardInput = Pipe()
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                Thread.sleep(forTimeInterval: 1.5)
                kill(process.processIdentifier, signal)
                let end = Date(timeIntervalSinceNow: 20)
                while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.01) }
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
                process.waitUntilExit()
                #expect(process.terminationReason == .exit, "\(options)")
                #expect(process.terminationStatus == 128 + signal, "\(options)")
            }
            #expect(try files(in: folder) == ["p"])
        }
    }

    /// Only what would end up on standard output is one place; a device takes whatever comes.
    @Test func streamsThatAreNamedTwice() throws {
        let options = ["--model", "mlp", "--epochs", "1"]
        let run = try train(options + ["--output", "/dev/null", "--profile", "/dev/null"])
        #expect(run.status == 0, "\(run.errors)")
        let refused = try train(options + ["--output", "-", "--profile", "/dev/stdout"])
        #expect(refused.status == 2 && refused.errors.contains("--profile"), "\(refused.errors)")
    }

    @Test func theNextStepIsThisRun() throws {
        try withTemporaryFolder { folder in
            let run = try train(["--model", "mlp", "--epochs", "1", "--seed", "4"], in: folder)
            #expect(
                run.output.contains("train --model mlp --epochs 1 --seed 4 --output mlp.braid\n"),
                "\(run.output)")
            let written = try train(
                ["--model", "mlp", "--epochs", "1", "--output", "my own.braid"], in: folder)
            #expect(written.output.contains("Wrote 'my own.braid'"), "\(written.output)")
            #expect(
                written.output.contains("train --evaluate 'my own.braid' --data digits\n"),
                "\(written.output)")
            #expect(
                written.output.contains("hybridize inspect 'my own.braid'\n"), "\(written.output)")
            // What went into a stream cannot be named again.
            let streamed = try train(
                ["--model", "mlp", "--epochs", "1", "--output", "/dev/null"], in: folder)
            #expect(streamed.output.contains("Wrote /dev/null, the network"), "\(streamed.output)")
            #expect(!streamed.output.contains("Next"), "\(streamed.output)")
        }
    }

    @Test(arguments: [
        "", "plain-1.braid", "a b", "it's", "$HOME", "a\\b", "*", "~", "ü", "a\nb",
        "\u{1B}[31mred's\\",
        "\u{202E}x", "-x", "a;b",
    ])
    func shellsReadBackWhatIsQuoted(word: String) throws {
        let quoted = shellQuoted(word)
        #expect(!quoted.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", "printf %s \(quoted)"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let read = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: read, as: UTF8.self) == word)
    }

    @Test func theProgramFindsItsDataThroughALinkAndMissesThemElsewhere() throws {
        try withTemporaryFolder { folder in
            let link = folder.appending(path: "link")
            try FileManager.default.createSymbolicLink(
                at: link, withDestinationURL: train.url)
            let linked = try BuiltProgram(at: link)(["--model", "mlp", "--epochs", "1"])
            #expect(linked.status == 0, "\(linked.errors)")
            let copy = folder.appending(path: "copy")
            try FileManager.default.copyItem(at: train.url, to: copy)
            let missing = try BuiltProgram(at: copy)(["--epochs", "1"])
            #expect(missing.status == 2, "\(missing.errors)")
            #expect(missing.errors.contains("BRAID_DATA_DIRECTORY"), "\(missing.errors)")
        }
    }

    @Test func unusableInstructionSetsAreReported() throws {
        let run = try train(
            ["--model", "mlp", "--epochs", "1"], environment: ["BRAID_ISA": "abacus"])
        #expect(run.status == 0)
        #expect(run.errors.contains("abacus"), "\(run.errors)")
    }

    @Test func outputThatCannotBeWrittenEndsTheRun() throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "exec '\(train.url.path)' --epochs 100000 > /dev/full"]
        shell.standardError = FileHandle.nullDevice
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 2)
    }

    /// The promise of `make run`: the median of seeds 1 to 5 is at least 98 %, and none is under 97 %.
    /// `make test` tries the first seed only.
    @Test func theDefaultsReachTheirAccuracy() throws {
        let isFull = ProcessInfo.processInfo.environment["BRAID_TEST_FULL"] == "1"
        let accuracies = try (isFull ? 1...5 : 1...1).map { seed in
            let run = try train(["--seed", "\(seed)", "--json"])
            #expect(run.status == 0, "\(run.errors)")
            return try lastObject(run.output)["test_accuracy"] as? Double ?? 0
        }
        #expect(accuracies.allSatisfy { $0 >= 0.97 }, "\(accuracies)")
        if isFull { #expect(accuracies.sorted()[2] >= 0.98, "\(accuracies)") }
    }
}
