import Braid
import BraidPlatform
import BraidTestSupport
import Foundation
import Testing

/// Pipes and devices in the place of files, links that must stay, and what killed commands leave.
@Suite(.printsSeed) struct StreamTests {
    /// Runs a line of a shell, in which `$H` is the command.
    private func shell(_ line: String, in folder: URL) throws -> BuiltProgram.Outcome {
        try BuiltProgram(at: URL(fileURLWithPath: "/bin/sh"))(
            ["-c", line], environment: ["H": hybridize.url.path], in: folder)
    }

    private func names(_ folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func arraysGoThroughPipes() throws {
        try withModel("mlp") { folder, _ in
            let x = NDArray.sample(TensorType(.f32, [1, 784]))
            try NPYFile.write(x, to: folder.appending(path: "x.npy").path)
            let lines = [
                "\"$H\" run mlp.braid --input x.npy --output y0.npy",
                "\"$H\" run mlp.braid --input - --output - < x.npy > y1.npy",
                "cat x.npy | \"$H\" run mlp.braid --input - --output - | cat > y2.npy",
                "cat x.npy | \"$H\" run mlp.braid --input /dev/stdin --output /dev/stdout | cat > y3.npy",
                "cat mlp.braid | \"$H\" run - --input x.npy --output /dev/fd/3 3> y4.npy",
                "ln -s /dev/stdout out; \"$H\" run mlp.braid --input x.npy --output out | cat > y5.npy",
                "mkfifo p; cat p > y6.npy & \"$H\" run mlp.braid --input x.npy --output p; wait",
                "printf '' > y7.npy; \"$H\" run mlp.braid --input x.npy --output - >> y7.npy",
                "cat mlp.braid | \"$H\" run - --input x.npy --output - > y8.npy",
            ]
            for (number, line) in lines.enumerated() {
                let run = try shell(line, in: folder)
                #expect(run.status == 0, "\(line): \(run.errors)")
                if number > 0, number != 4, number != 6 { #expect(run.output.isEmpty) }
                let (first, copy) = ("y0.npy", "y\(number).npy")
                #expect(
                    try Data(contentsOf: folder.appending(path: first))
                        == Data(contentsOf: folder.appending(path: copy)), "\(line)")
            }
            // Nothing took the place of a link or a pipe, and nothing is called "-".
            #expect(
                try names(folder)
                    == ["mlp.braid", "out", "p", "x.npy"] + (0..<9).map { "y\($0).npy" })
            #expect(
                try FileManager.default.destinationOfSymbolicLink(
                    atPath: folder.appending(path: "out").path) == "/dev/stdout")
            #expect(
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/dev/stdout")) != nil)
        }
    }

    @Test func otherCommandsWriteAndReadStreams() throws {
        try withTemporaryFolder { folder in
            let traced = try shell(
                "\"$H\" trace mlp --output - | tee m.braid | \"$H\" inspect - --json", in: folder)
            #expect(traced.status == 0, "\(traced.errors)")
            #expect(traced.errors.contains("Wrote -") && !traced.errors.contains("Next"))
            _ = try JSON(printed: traced.output)
            let direct = try shell("\"$H\" trace mlp --output d.braid", in: folder)
            #expect(direct.status == 0)
            #expect(
                try Data(contentsOf: folder.appending(path: "m.braid"))
                    == Data(contentsOf: folder.appending(path: "d.braid")))
            let dot = try shell("\"$H\" inspect m.braid --dot /dev/stdout | head -c 7", in: folder)
            #expect(dot.output == "digraph")
            for line in ["\"$H\" inspect /dev/zero", "cat /dev/zero | \"$H\" inspect -"] {
                let endless = try shell(line, in: folder)
                #expect(endless.errors.contains("cannot be read"), "\(endless.errors)")
            }
            let full = try shell("\"$H\" trace mlp --output /dev/full", in: folder)
            #expect(full.status == 2)
            let gone = try shell("\"$H\" trace mlp --output - | true; echo done", in: folder)
            #expect(gone.output == "done\n")
            let few = try shell("ulimit -n 6; \"$H\" trace mlp --output few.braid", in: folder)
            let isThere = try names(folder).contains("few.braid")
            #expect((few.status == 0) == isThere, "\(few.errors)")
        }
    }

    /// Names from a file are shown without what a terminal would obey.
    @Test func namesAreShownWithEscapes() throws {
        try withTemporaryFolder { folder in
            let name = "in\u{1B}[2J\u{9B}1m\n"
            let x = Symbol.variable(name, .f32, [2])
            let model = try Model(
                graph: Graph(computing: [x + 1], from: [x], names: [name]), parameters: [],
                outputs: ["out\u{7}\u{202E}"], metadata: ["k\u{1B}": "v\u{7F}\n"])
            try model.write(to: folder.appending(path: "m.braid").path)
            for options in [
                ["inspect", "m.braid"], ["inspect", "m.braid", "--json"],
                ["inspect", "m.braid", "--all"], ["inspect", "m.braid", "--dot", "-"],
                ["verify", "m.braid"], ["run", "m.braid", "--output", "y.npy"],
                ["run", "m.braid", "--input", "nothing=x.npy", "--output", "y.npy"],
            ] {
                let run = try hybridize(options, in: folder)
                let odd = (run.output + run.errors).unicodeScalars.filter {
                    $0.isUnprintable && $0 != "\n"
                }
                #expect(odd.isEmpty, "\(options): \(run.output)\(run.errors)")
                // A verification names nothing from the file.
                let texts = run.output + run.errors
                #expect(texts.lowercased().contains("1b") || options[0] == "verify", "\(texts)")
            }
        }
    }

    @Test func nextStepsAreQuotedAndAreNoneForStreams() throws {
        try withTemporaryFolder { folder in
            let traced = try hybridize(["trace", "mlp", "--output", "my own.braid"], in: folder)
            #expect(traced.output.contains("Wrote 'my own.braid': mlp"), "\(traced.output)")
            // As the program was started, which sanitizers build elsewhere.
            #expect(
                traced.output.contains("hybridize inspect 'my own.braid' shows its graph"),
                "\(traced.output)")
            for (dot, expected) in [
                ("a b.dot", "Wrote 'a b.dot'. Next: dot -Tsvg 'a b.dot' > graph.svg draws it.\n"),
                ("a\u{1B}[2J", "Wrote $'a\\033[2J'. Next: dot -Tsvg $'a\\033[2J' > graph"),
                ("/dev/null", "Wrote /dev/null.\n"),
            ] {
                let run = try hybridize(["inspect", "my own.braid", "--dot", dot], in: folder)
                #expect(run.output.hasPrefix(expected), "\(run.output)\(run.errors)")
            }
        }
    }

    /// However often a command is killed while it writes, the next one leaves its own file only.
    @Test func killsLeaveAtMostOneFile() throws {
        try withTemporaryFolder { folder in
            Seeds.repeated(TestCounts.isFull ? 200 : 8) { generator in
                let process = Process()
                process.executableURL = hybridize.url
                process.arguments = ["trace", "mlp", "--output", "m.braid"]
                process.currentDirectoryURL = folder
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                Thread.sleep(forTimeInterval: Double(generator.int(0...300)) / 1000)
                kill(process.processIdentifier, [SIGKILL, SIGHUP, SIGPIPE][generator.int(0...2)])
                process.waitUntilExit()
                #expect(try names(folder).filter { $0 != "m.braid" }.count <= 1)
            }
            // Left by a writer that is gone.
            try Data().write(to: folder.appending(path: ".m.braid.braid-0.tmp"))
            let last = try shell("\"$H\" trace mlp --output m.braid", in: folder)
            #expect(last.status == 0, "\(last.errors)")
            #expect(try names(folder) == ["m.braid"])
        }
    }

    @Test func hangUpsEndAsInterruptsDo() throws {
        try withTemporaryFolder { folder in
            let line =
                "\"$H\" verify lenet --input 256x1x64x64 2> errors & sleep 0.5; kill -HUP $!; wait $!"
            let run = try shell(line, in: folder)
            #expect(run.status == 129 || run.status == 130, "\(run.status)")
            let errors = try String(
                contentsOf: folder.appending(path: "errors"), encoding: .utf8)
            #expect(errors.contains("interrupted"))
            // What nohup starts goes on.
            let stays = try shell(
                "trap '' HUP; \"$H\" trace mlp --output m.braid & sleep 0.05; kill -HUP $!; wait $!",
                in: folder)
            #expect(stays.status == 0, "\(stays.errors)")
        }
    }
}
