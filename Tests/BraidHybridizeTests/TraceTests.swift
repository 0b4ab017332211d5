import Braid
import BraidTestSupport
import Foundation
import Testing

struct TraceTests {
    private struct Case: CustomTestStringConvertible {
        let name: String
        let options: [String]
        var testDescription: String { ([name] + options).joined(separator: " ") }
    }

    private static let cases = ["mlp", "lenet"].flatMap { name in
        let passes = OptimizationPipeline.passNames.map { ["--disable", $0] }
        return
            ([[], ["--train"], ["--seed", "9"]] + passes
            + [["--train"] + passes.flatMap(\.self)])
            .map { Case(name: name, options: $0) }
    }

    @Test(arguments: cases) private func everyOption(_ test: Case) throws {
        try withModel(test.name, test.options) { _, file in
            let model = try Model(contentsOfFile: file)
            let trains = test.options.contains("--train")
            let parameters = model.signature.parameters.map(\.name)
            #expect(
                model.signature.inputs.map(\.name) == (trains ? ["input", "cotangent"] : ["input"]))
            #expect(
                model.signature.outputs.map(\.name)
                    == ["output"] + (trains ? parameters.map { "gradient.\($0)" } : []))
            #expect(!model.options.isExact)
            let disabled = Set(test.options.filter { OptimizationPipeline.passNames.contains($0) })
            #expect(model.options.disabledPasses == disabled)
            let ran = model.compiledGraph.passes.map(\.pass)
            #expect(ran == OptimizationPipeline.passNames.filter { !disabled.contains($0) })
        }
    }

    /// There are exact passes only, so that there is nothing to choose.
    @Test func exactIsNoOption() throws {
        #expect(try hybridize(["trace", "mlp", "--exact"]).status != 0)
    }

    @Test func inputsAndSeedsDecideTheModel() throws {
        func file(_ options: [String]) throws -> Data {
            try withModel("mlp", options) { _, file in try Data(contentsOf: URL(filePath: file)) }
        }
        let usual = try file([])
        #expect(try file(["--seed", "0"]) == usual)
        #expect(try file(["--input", "1x784"]) == usual)
        #expect(try file(["--seed", "1"]) != usual)
        try withModel("mlp", ["--input", "3x5x7"]) { _, file in
            let signature = try Model(contentsOfFile: file).signature
            #expect(signature.inputs.map(\.type) == [TensorType(.f32, [3, 5, 7])])
            #expect(signature.outputs.map(\.type) == [TensorType(.f32, [3, 10])])
        }
    }

    @Test func explanations() throws {
        try withTemporaryFolder { folder in
            let file = folder.appending(path: "m.braid").path
            let run = try hybridize(["trace", "mlp", "--train", "--explain", "--output", file])
            #expect(run.status == 0)
            for expected in ["Captures", "1.weight", "Baked host values", "lessOrEqual_scalar"] {
                #expect(run.output.contains(expected), "\(run.output)")
            }
        }
    }

    @Test(arguments: [
        (["lenett"], "did you mean 'lenet'?"), (["vgg16"], "the networks are lenet, mlp"),
        (["mlp", "--input", "1x"], "'1x' is no shape"),
        (["mlp", "--input", "1:f9"], "no dtype is called 'f9'"),
        (["mlp", "--input", "1x784", "--input", "2"], "takes 1 input"),
        (["mlp", "--input", "2x3:i32"], "f32 or f64"), (["mlp", "--input", "scalar"], "axis 1"),
        (["lenet", "--input", "3x3"], "images"),
        (["lenet", "--input", "1x1x2x2"], "max_pooling"),
        (["mlp", "--input", "1x4000000000"], "no memory for the result f32[128, 4000000000]"),
        (["mlp", "--disable", "dead-node"], "did you mean 'dead-nodes'?"),
        (["mlp", "--disable", "fusion"], "pointwise-fusion"), (["mlp", "--seed", "-1"], "-1"),
        ([], "name"), (["mlp", "more"], "more"), (["mlp", "--bogus"], "--bogus"),
    ])
    func badInputExitsWith2(arguments: [String], mention: String) throws {
        try withTemporaryFolder { folder in
            let run = try hybridize(["trace"] + arguments + ["--output", "m.braid"], in: folder)
            #expect(run.status == 2, "\(run.errors)")
            #expect(run.errors.contains(mention), "\(run.errors)")
            #expect(run.output.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    @Test func placesThatCannotBeWrittenTo() throws {
        try withTemporaryFolder { folder in
            for (arguments, mention) in [
                (["--output", "/nowhere/m.braid"], "/nowhere"), (["--output", "."], "folder"),
                ([], "--output"),
            ] {
                let run = try hybridize(["trace", "mlp"] + arguments, in: folder)
                #expect(run.status == 2)
                #expect(run.errors.contains(mention), "\(run.errors)")
            }
        }
    }

    @Test(arguments: [[], ["trace"], ["inspect"], ["run"], ["verify"]])
    func help(command: [String]) throws {
        let run = try hybridize(command + ["--help"])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        #expect(run.output.contains("EXAMPLES\n  hybridize"))
        #expect(!command.isEmpty || run.output.contains("130, 143, 129 ended by Ctrl-C"))
        #expect(
            run.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("USAGE") }
        )
    }

    @Test func unusableInstructionSetsAreReported() throws {
        let run = try hybridize(["verify", "mlp"], environment: ["BRAID_ISA": "abacus"])
        #expect(run.status == 0)
        #expect(run.errors.contains("abacus"), "\(run.errors)")
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func interruptsEndWithoutFiles(signal: Int32) throws
    {
        try withTemporaryFolder { folder in
            let process = Process()
            process.executableURL = hybridize.url
            // Takes long: a reduction over many samples, compared again and again.
            process.arguments = ["verify", "lenet", "--input", "256x1x64x64"]
            process.currentDirectoryURL = folder
            let errors = Pipe()
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            Thread.sleep(forTimeInterval: 0.3)
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit)
            #expect(process.terminationStatus == 128 + signal)
            let message = errors.fileHandleForReading.readDataToEndOfFile()
            #expect(String(decoding: message, as: UTF8.self).contains("interrupted"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }
}
