import Braid
import BraidTestSupport
import Foundation
import Testing

struct RunTests {
    @Test(
        // The others take their time, and have tests of their own.
        arguments: TestCounts.isFull ? NamedNetwork.builtIn.map(\.name) : ["mlp", "lenet"],
        [[], ["--disable", "dead-nodes"]])
    func equalsTheNetwork(name: String, options: [String]) throws {
        try withModel(name, options) { folder, file in
            let entry = try #require(NamedNetwork.builtIn.first { $0.name == name })
            RandomSource.seed(0)
            let network = try entry.build()
            let x = NDArray.sample(entry.inputs[0])
            try NPYFile.write(x, to: folder.appending(path: "x.npy").path)
            let run = try hybridize(
                ["run", file, "--input", "x.npy", "--output", "y.npy"], in: folder)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.errors.isEmpty)
            let y = try NPYFile.read(folder.appending(path: "y.npy").path)
            let expected = network([x])[0]
            #expect(y.type == expected.type)
            #expect(try y.bytes() == expected.bytes())
        }
    }

    @Test func severalInputsAndOutputsByName() throws {
        try withModel("mlp", ["--train"]) { folder, file in
            let model = try Model(contentsOfFile: file)
            let arrays = model.signature.inputs.enumerated().map {
                NDArray.sample($1.type, seed: UInt64($0))
            }
            for (input, array) in zip(model.signature.inputs, arrays) {
                try NPYFile.write(array, to: folder.appending(path: "\(input.name).npy").path)
            }
            let run = try hybridize(
                [
                    "run", file, "--input", "cotangent=cotangent.npy", "--input", "input=input.npy",
                    "--output", "gradient.3.bias=b.npy", "--output", "output=y.npy",
                ], in: folder)
            #expect(run.status == 0, "\(run.errors)")
            let expected = zip(model.signature.outputs.map(\.name), model(arrays))
            for (name, array) in expected {
                guard let path = ["gradient.3.bias": "b.npy", "output": "y.npy"][name] else {
                    continue
                }
                let written = try NPYFile.read(folder.appending(path: path).path)
                #expect(try written.bytes() == array.bytes(), "\(name)")
            }
            #expect(
                try Set(FileManager.default.contentsOfDirectory(atPath: folder.path))
                    == ["mlp.braid", "input.npy", "cotangent.npy", "b.npy", "y.npy"])
        }
    }

    @Test func otherDtypesAreConvertedOnRequestOnly() throws {
        try withModel("mlp") { folder, file in
            let x = NDArray.sample(TensorType(.f32, [1, 784]))
            try NPYFile.write(x, to: folder.appending(path: "x.npy").path)
            try NPYFile.write(x.cast(to: .f64), to: folder.appending(path: "d.npy").path)
            func run(_ input: String, _ output: String, _ options: [String] = []) throws
                -> BuiltProgram.Outcome
            {
                try hybridize(
                    ["run", file, "--input", input, "--output", output] + options, in: folder)
            }
            let refused = try run("d.npy", "z.npy")
            #expect(refused.status == 2)
            #expect(refused.errors.contains("f64[1, 784]") && refused.errors.contains("--cast"))
            #expect(try run("x.npy", "y.npy", ["--cast"]).errors.isEmpty)
            let converted = try run("d.npy", "z.npy", ["--cast"])
            #expect(converted.status == 0)
            #expect(converted.errors.contains("converted from f64 to f32"))
            #expect(
                try Data(contentsOf: folder.appending(path: "y.npy"))
                    == Data(contentsOf: folder.appending(path: "z.npy")))
        }
    }

    @Test func badInputExitsWith2AndWritesNothing() throws {
        try withModel("mlp", ["--train"]) { folder, file in
            func write(_ type: TensorType, _ name: String) throws {
                try NPYFile.write(.sample(type), to: folder.appending(path: name).path)
            }
            try write(TensorType(.f32, [1, 784]), "x.npy")
            try write(TensorType(.f32, [2, 784]), "two.npy")
            try write(TensorType(.f32, [1, 10]), "c.npy")
            try Data("nonsense".utf8).write(to: folder.appending(path: "bad.npy"))
            let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            let good = ["--input", "input=x.npy", "--input", "cotangent=c.npy"]
            let output = ["--output", "output=y.npy"]
            for (arguments, mention) in [
                (good, "--output is missing"),
                (["--input", "input=x.npy"] + output, "'cotangent'"),
                (output, "no --input for 'input', f32[1, 784]; 'cotangent', f32[1, 10]"),
                (good + ["--output", "y.npy"], "write NAME=y.npy"),
                (good + ["--output", "outptu=y.npy"], "did you mean 'output'?"),
                (good + ["--output", "output="], "names no file"),
                (good + output + ["--input", "image=x.npy"], "no input 'image'"),
                (good + output + ["--input", "input=c.npy"], "two files for 'input'"),
                (good + output + ["--output", "gradient.1.bias=./y.npy"], "two outputs"),
                (good + output + ["--output", "gradient.1.bias=/nowhere/y.npy"], "/nowhere"),
                (good + ["--output", "output=\(file)"], "would replace the model"),
                (
                    ["--input", "input=two.npy", "--input", "cotangent=c.npy"] + output,
                    "f32[2, 784]"
                ),
                (["--input", "input=bad.npy", "--input", "cotangent=c.npy"] + output, "bad.npy"),
                (["--input", "input=no.npy", "--input", "cotangent=c.npy"] + output, "no.npy"),
                (
                    ["--input", "input=two.npy", "--input", "cotangent=c.npy", "--cast"] + output,
                    "[2,"
                ),
            ] {
                let run = try hybridize(["run", file] + arguments, in: folder)
                #expect(run.status == 2, "\(run.errors)")
                #expect(run.errors.contains(mention), "\(run.errors)")
                #expect(run.output.isEmpty)
            }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
            #expect(
                try hybridize(["run", "no.braid", "--output", "y.npy"], in: folder).status == 2)
        }
    }
}
