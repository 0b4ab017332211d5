import BraidTestSupport
import Foundation
import Testing

/// `braid-bench` as a user runs it; the times themselves are no matter of tests.
@Suite struct BenchCommandTests {
    private let bench = BuiltProgram("braid-bench")

    @Test func linesHaveTheFormOfThePeers() throws {
        let outcome = try bench(
            ["--only", "^(E2_chain100_10|E2g.*|M_mlp_b1|T_mlp_b64)$", "--threads", "2"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        var checksums: [String: [String: Double]] = [:]
        for line in outcome.lines {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let name = try #require(object["case"] as? String)
            let peer = try #require(object["peer"] as? String)
            let extra = try #require(object["extra"] as? [String: Any])
            let median = try #require(object["median_s"] as? Double)
            let minimum = try #require(object["min_s"] as? Double)
            #expect(object["threads"] as? Int == 2)
            #expect(0 < minimum && minimum <= median)
            #expect(extra["n"] as? Int ?? 0 >= 3)
            checksums[name, default: [:]][peer] = try #require(extra["checksum"] as? Double)
        }
        #expect(
            checksums.keys.sorted() == [
                "E2_chain100_10", "E2g_chain100_fwdbwd", "M_mlp_b1", "T_mlp_b64",
            ])
        for (name, ofPeers) in checksums {
            #expect(Set(ofPeers.keys) == ["braid-eager", "braid-hybrid"], "\(name)")
            #expect(Set(ofPeers.values).count == 1, "\(name): \(ofPeers)")
        }
    }

    @Test func listsTheCasesOfTheChosenGroups() throws {
        let all = try bench(["--list"])
        #expect(all.lines.count > 60)
        #expect(Set(all.lines).count == all.lines.count)
        let some = try bench(["--list", "--groups", "M,T"])
        #expect(!some.lines.isEmpty)
        #expect(some.lines.allSatisfy { $0.hasPrefix("M_") || $0.hasPrefix("T_") })
        #expect(Set(all.lines.compactMap(\.first)) == Set("NEGCPMTRD"))
    }

    @Test func memoryIsThatOfAProcessOfItsOwn() throws {
        let outcome = try bench(["--only", "R_import", "--threads", "1"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let extra = try #require(object["extra"] as? [String: Any])
        let peak = try #require(extra["peak_rss_mb"] as? Double)
        #expect(1 < peak && peak < 200)
        #expect(try #require(extra["installed_mb"] as? Double) > 1)
        #expect(try #require(object["median_s"] as? Double) < 10)
    }

    @Test func tableShowsMemoryWhereTimeIsNotMeasured() throws {
        try withTemporaryFolder { folder in
            let file = folder.appending(path: "a")
            let lines = [("braid-eager", 100.0), ("other", 200.0)].map { peer, peak in
                #"{"peer":"\#(peer)","case":"R_x","threads":1,"median_s":null,"min_s":null,"#
                    + #""extra":{"peak_rss_mb":\#(peak)}}"# + "\n"
            }
            try lines.joined().write(to: file, atomically: true, encoding: .utf8)
            #expect(
                try bench(["--table", file.path]).lines.last
                    == "| R_x | 1 | 100 MB | 200 MB | 0.50 |")
        }
    }

    @Test(arguments: [
        (["--groups", "Y"], "no group 'Y'"), (["--only", "["], "no regular expression"),
        (["--only", "nothing"], "no case matches"), (["--threads", "0"], "--threads"),
        (["--table", "/nowhere.jsonl"], "/nowhere.jsonl cannot be read"),
        (["--wrong"], "Unknown option"),
    ])
    func refusesBadOptions(arguments: [String], message: String) throws {
        let outcome = try bench(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test func tableJoinsPeers() throws {
        try withTemporaryFolder(tableJoinsPeers)
    }

    private func tableJoinsPeers(in folder: URL) throws {
        func line(_ peer: String, _ median: Double) -> String {
            #"{"peer":"\#(peer)","case":"M_x","threads":1,"median_s":\#(median),"min_s":1e-9,"#
                + #""extra":{"n":5,"steal":0.1}}"# + "\n"
        }
        let (ours, theirs) = (folder.appending(path: "a"), folder.appending(path: "b"))
        try (line("braid-eager", 4e-3) + line("braid-hybrid", 3e-3)).write(
            to: ours, atomically: true, encoding: .utf8)
        try (line("slow", 8e-3) + line("quick", 2e-3) + line("quick", 6e-3)).write(
            to: theirs, atomically: true, encoding: .utf8)
        let table = try bench(["--table", ours.path, theirs.path])
        #expect(table.status == 0)
        #expect(
            table.lines.last == "| M_x | 1 | 4 ms | 3 ms | 2 ms | 8 ms | 1.50 |",
            "\(table.output)")

        try "{}\n".write(to: theirs, atomically: true, encoding: .utf8)
        let broken = try bench(["--table", ours.path, theirs.path])
        #expect(broken.status == 2)
        #expect(broken.errors.contains("line 1, is no result line"), "\(broken.errors)")
    }
}
