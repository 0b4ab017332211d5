import ArgumentParser
import Braid
import BraidCommandLine
import BraidTrain
import Testing

/// The command over tables of a user's own. `Examples/OwnNetworks` runs whole commands.
struct OwnTablesTests {
    private enum Networks: NetworkTable {
        static let networks = [
            NamedNetwork("wide", "Wants rows of five", input: TensorType(.f32, [1, 5]), classes: 2)
            {
                _, classes in Dense(classes, inputs: 5)
            },
            NamedNetwork("sums", "No classifier", inputs: [TensorType(.f32, [1, 3])]) { _ in
                Dense(1)
            },
            NamedNetwork("wrong", "Other scores", input: TensorType(.f32, [1, 3]), classes: 2) {
                _, classes in Dense(classes + 1)
            },
        ]
    }

    /// A failure that no part of Braid knows.
    private struct Offline: Error, CustomStringConvertible {
        let description = "the server is offline"
    }

    private enum Tables: DatasetTable {
        static let datasets = [
            NamedDataset("rows", "Rows of three") {
                try ClassificationData(
                    training: data(3), test: data(2), classes: 2)
            },
            NamedDataset("mislabelled", "A label too large") {
                let labels = NDArray([0, 1, 1, 2, 0, 1] as [Int64])
                return try ClassificationData(
                    training: ArrayDataset(inputs: .ones([6, 3]), labels: labels), test: data(2),
                    classes: 2)
            },
            NamedDataset("remote", "Not there") { throw Offline() },
            NamedDataset("unlike", "Parts of different shapes") {
                try ClassificationData(
                    training: data(3),
                    test: data(2).mapped(inputType: TensorType(.f32, [4])) { $0 },
                    classes: 2)
            },
            NamedDataset("lossy", "A file is missing") {
                try ClassificationData(
                    training: data(3).mappedInputs { _ in
                        throw DataError(.missing, path: "/data/row.npy", "no such file")
                    }, test: data(2), classes: 2)
            },
        ]

        static func data(_ count: Int) -> ArrayDataset {
            ArrayDataset(
                inputs: .zeros([count, 3]),
                labels: NDArray(Array(repeating: Int64(1), count: count)))
        }
    }

    @Test(arguments: [
        ("wide", "rows", "asks for [2, 3]"),
        ("sums", "rows", "sums: gives no scores of classes"),
        ("wrong", "rows", "wrong: gives f32[1, 3] for f32[1, 3]"),
        ("wide", "remote", "data 'remote': the server is offline"),
        ("wide", "unlike", "inputs f32[3], labels i64[] to learn from, but inputs f32[4]"),
    ])
    func whatDoesNotFitIsBadInput(network: String, data: String, mention: String) throws {
        let command = try TrainCommand<Networks, Tables>.parse(["--model", network, "--data", data])
        let error = #expect(throws: (any Error).self) { try command.run() }
        #expect(error.map { "\($0)".contains(mention) } == true, "\(String(describing: error))")
        #expect(error.map(isBadInput) == true)
    }

    @Test(arguments: [1, 4]) func labelsOutsideTheClassesEndTheRun(shards: Int) throws {
        let command = try TrainCommand<BuiltInNetworks, Tables>.parse([
            "--model", "mlp", "--data", "mislabelled", "--epochs", "3", "--batch-size", "6",
            "--shards", "\(shards)", "--json",
        ])
        let error = #expect(throws: (any Error).self) { try command.run() }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("step 1 (epoch 1, batch 1)"), "\(text)")
        #expect(text.contains("the label 2, outside 0..<2"), "\(text)")
        #expect(error.map(isBadInput) == false)
        try? Runtime.waitAll()
    }

    /// Data that turn out to be missing while they are loaded.
    @Test func failuresOfLoadingAreBadInput() throws {
        let command = try TrainCommand<BuiltInNetworks, Tables>.parse(
            ["--model", "mlp", "--data", "lossy", "--epochs", "1", "--json"])
        let error = #expect(throws: EngineError.self) { try command.run() }
        #expect(error?.job == "load batch 1 of epoch 1")
        #expect(error.map(isBadInput) == true)
        try? Runtime.waitAll()
    }

    @Test func helpListsTheTables() {
        let help = TrainCommand<Networks, Tables>.helpMessage()
        for mention in [
            "wide   Wants rows of five (1x5)", "rows         Rows of three", "rows)",
        ] {
            #expect(help.contains(mention), "\(mention) in \(help)")
        }
    }
}
