import Braid
import BraidTestSupport
import Foundation
import Testing

/// `train --data`: folders of the user's own.
struct DataOptionTests {
    private let train = BuiltProgram("train")

    /// Images of 9x6 pixels in three classes, each with a bright row of its own. The shapes and classes are
    /// none that the program knows.
    private static func write(
        to folder: URL, part: String, count: Int, labels: [UInt8]? = nil
    ) throws {
        var pixels: [UInt8] = []
        for image in 0..<count {
            for pixel in 0..<54 {
                let isBright = pixel / 6 / 3 == image % 3
                pixels.append((isBright ? 200 : 20) + UInt8((image * 31 + pixel * 17) % 40))
            }
        }
        try write(
            idx([count, 9, 6], pixels), to: folder.appending(path: "\(part)-images-idx3-ubyte"))
        let labels = labels ?? (0..<count).map { UInt8($0 % 3) }
        try write(
            idx([labels.count], labels), to: folder.appending(path: "\(part)-labels-idx1-ubyte"))
    }

    private static func idx(_ extents: [Int], _ bytes: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(extents.count)]
            + extents.flatMap { [0, 0, UInt8($0 / 256), UInt8($0 % 256)] } + bytes
    }

    private static func write(_ bytes: [UInt8], to file: URL) throws {
        try Data(bytes).write(to: file)
    }

    private func withData<R>(_ body: (_ folder: URL) throws -> R) throws -> R {
        try withTemporaryFolder { folder in
            try Self.write(to: folder, part: "train", count: 150)
            try Self.write(to: folder, part: "t10k", count: 45)
            return try body(folder)
        }
    }

    @Test(arguments: ["lenet", "mlp"])
    func networksAreBuiltForTheData(network: String) throws {
        try withData { folder in
            let file = folder.appending(path: "m.braid").path
            let run = try train([
                "--data", folder.path, "--model", network, "--epochs", "6", "--batch-size", "10",
                "--output", file,
            ])
            #expect(run.status == 0, "\(run.errors)")
            #expect(
                run.output.hasPrefix(
                    "Training \(network) on \(folder.path): 150 samples to learn from, 45 to test"))
            #expect(run.lines.count { $0.contains("test 100.00 %") } > 0, "\(run.output)")
            let model = try Model(contentsOfFile: file)
            #expect(model.signature.inputs == [.init("image", TensorType(.f32, [1, 1, 9, 6]))])
            #expect(model.signature.outputs == [.init("scores", TensorType(.f32, [1, 3]))])
            #expect(model.metadata == ["model": network, "shards": "4"])

            let evaluated = try train(["--evaluate", file, "--data", folder.path])
            #expect(evaluated.output.contains("\(network): test accuracy 100.00 %"))
            #expect(evaluated.output.contains("predicted 0"))
            // The digits have other shapes and classes.
            let other = try train(["--evaluate", file])
            #expect(other.status == 2)
            #expect(other.errors.contains("a model of digits takes one f32[1, 1, 8, 8]"))
        }
    }

    @Test func namesOfFoldersAreShownWithEscapes() throws {
        try withTemporaryFolder { folder in
            let data = folder.appending(path: "a\u{1B}[31m")
            try FileManager.default.createDirectory(at: data, withIntermediateDirectories: false)
            try Self.write(to: data, part: "train", count: 15)
            try Self.write(to: data, part: "t10k", count: 15)
            let run = try train(["--data", data.path, "--model", "mlp", "--epochs", "1"])
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("on \(folder.path)/a\\u{1B}[31m: 15"), "\(run.output)")
            #expect(!run.output.contains("\u{1B}"), "\(run.output)")
        }
    }

    /// How batches are loaded changes no bit.
    @Test func theSameFileForAnyNumberOfLoaderWorkers() throws {
        try withData { folder in
            var files: [Data] = []
            for workers in ["0", "1", "3"] {
                let file = folder.appending(path: "m.braid")
                let run = try train([
                    "--data", folder.path, "--model", "mlp", "--epochs", "2", "--output", file.path,
                    "--loader-workers", workers,
                ])
                #expect(run.status == 0, "\(run.errors)")
                files.append(try Data(contentsOf: file))
            }
            #expect(files[0] == files[1] && files[0] == files[2])
        }
    }

    @Test func badFoldersExitWith2AndNameTheFile() throws {
        func refuses(_ mention: String, _ change: (URL) throws -> Void) throws {
            try withData { folder in
                try change(folder)
                let run = try train(["--data", folder.path, "--epochs", "1"])
                #expect(run.status == 2, "\(mention): \(run.errors)")
                #expect(run.errors.contains(mention), "\(mention): \(run.errors)")
                #expect(run.output.isEmpty)
            }
        }
        try refuses("t10k-labels-idx1-ubyte: there is no such file") { folder in
            try FileManager.default.removeItem(at: folder.appending(path: "t10k-labels-idx1-ubyte"))
        }
        try refuses("train-images-idx3-ubyte: is no IDX file") { folder in
            try Self.write([1, 2, 3], to: folder.appending(path: "train-images-idx3-ubyte"))
        }
        try refuses("one label for each image") { folder in
            try Self.write(to: folder, part: "train", count: 150, labels: [0, 1])
        }
        try refuses("images of 9x6 pixels for training, but of 3x3") { folder in
            try Self.write(
                Self.idx([45, 3, 3], Array(repeating: 0, count: 405)),
                to: folder.appending(path: "t10k-images-idx3-ubyte"))
        }
        // A file is no folder.
        let run = try train(["--data", train.url.path])
        #expect(run.status == 2)
        #expect(run.errors.contains("train-images-idx3-ubyte"), "\(run.errors)")
    }

    @Test(arguments: [
        (["--data", "digit"], "did you mean 'digits'?"),
        (["--data", "/nowhere/at/all"], "no folder is"),
        (["--model", "lent"], "did you mean 'lenet'?"),
        (["--model", "transformer"], "the networks are lenet, mlp"),
        (["--model", "gpt"], "gpt: gives no scores of classes"),
        (["--loader-workers", "-1"], "--loader-workers"),
    ])
    func unknownNamesAreAnswered(arguments: [String], mention: String) throws {
        let run = try train(arguments)
        #expect(run.status == 2)
        #expect(run.errors.contains(mention), "\(run.errors)")
    }

    @Test func helpListsNetworksAndData() throws {
        let help = try train(["--help"]).output
        for mention in [
            "lenet        LeNet", "digits  1,797", "fetch-fashion-mnist", "(default: lenet)",
        ] {
            #expect(help.contains(mention), "\(mention)")
        }
    }
}
