import ArgumentParser
import Braid
import BraidHybridize
import BraidPlatform
import BraidTestSupport
import Foundation
import Testing

struct VerifyTests {
    private static let rowCount = OptimizationPipeline.passNames.count + 2

    @Test(arguments: [
        ["mlp"], ["lenet"], ["mlp", "--input", "5x8", "--seed", "3"],
        ["lenet", "--input", "2x1x8x8"], ["mlp", "--input", "0x8"],
    ])
    func networks(arguments: [String]) throws {
        let run = try hybridize(["verify", "--json"] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        try check(JSON(printed: run.output), subject: arguments[0])
    }

    @Test(arguments: [
        ["mlp"], ["mlp", "--train"], ["lenet", "--input", "2x1x8x8", "--train"],
        ["lenet", "--disable", "pointwise-fusion"],
    ])
    func files(trace: [String]) throws {
        try withModel(trace[0], Array(trace.dropFirst())) { _, file in
            let run = try hybridize(["verify", "--json", file])
            #expect(run.status == 0, "\(run.errors)")
            try check(JSON(printed: run.output), subject: file)
            let table = try hybridize(["verify", file])
            #expect(table.status == 0)
            for pass in OptimizationPipeline.passNames { #expect(table.output.contains(pass)) }
            #expect(!table.output.contains("FAILED"))
        }
    }

    /// Hybridized networks run operator by operator then: plain code would be compared with itself.
    @Test func networksAreNotComparedWithThemselves() throws {
        let run = try hybridize(["verify", "mlp"], environment: ["BRAID_CHECK": "1"])
        #expect(run.status != 0 && run.errors.contains("BRAID_CHECK"), "\(run.errors)")
    }

    private func check(_ object: JSON, subject: String) throws {
        #expect(object["subject"]?.string == subject)
        #expect(object["passed"]?.bool == true)
        let rows = try #require(object["rows"]?.elements)
        #expect(rows.count == Self.rowCount)
        for row in rows {
            #expect(row["passed"]?.bool == true)
            for kind in ["values", "gradients"] {
                let deviation = try #require(row[kind])
                #expect(deviation["worst_error"]?.double == 0)
                #expect(deviation["differing"]?.integer == 0)
                #expect(try #require(deviation["compared"]?.integer) > 0, "\(kind)")
            }
        }
    }

    @Test func randomnessStateAndCapturesAreHeldStill() throws {
        let (network, types) = try OwnNetworks.build("mixture")
        let verification = try NetworkVerifier(network, types: types, seed: 5)
            .verification(of: "mixture")
        #expect(verification.isPassed, "\(verification.text)")
        // Both parameters of the dense layer and the table, and the input with numbers.
        let row = try #require(verification.rows.last)
        #expect(try #require(row.gradients).comparedCount == 2 * (5 * 6 + 5 + 2 * 5 + 4 * 6))
        for mode in [false, true] {
            let model =
                mode
                ? try network.trainingModel(for: types, mode: .predict)
                : try network.model(for: types)
            let verification = try GraphVerifier(model, seed: 5).verification(of: "file")
            #expect(verification.isPassed, "\(verification.text)")
            #expect(verification.gradientProblem == nil)
        }
    }

    @Test func whatAnImpureNetworkBakesInIsFound() throws {
        let (network, types) = try OwnNetworks.build("impure")
        let verification = try NetworkVerifier(network, types: types, seed: 0)
            .verification(of: "impure")
        #expect(!verification.isPassed)
        for row in verification.rows {
            #expect(!row.isPassed)
            #expect(row.values.worstError > 0.01 && row.values.differingCount > 0)
            #expect(try #require(row.gradients).worstError > 0.01)
        }
        #expect(verification.text.contains("FAILED"))
        #expect(verification.json["passed"]?.bool == false)
        var command = try HybridizeCommand<OwnNetworks>.parseAsRoot(["verify", "impure"])
        #expect(throws: ExitCode(1)) { try command.run() }
    }

    @Test func networksWithoutGradients() throws {
        let (network, types) = try OwnNetworks.build("integers")
        for verification in [
            try NetworkVerifier(network, types: types, seed: 0).verification(of: "integers"),
            try GraphVerifier(network.model(for: types), seed: 0).verification(of: "file"),
        ] {
            #expect(verification.isPassed)
            #expect(verification.gradientProblem != nil)
            #expect(
                verification.rows.allSatisfy { $0.gradients == nil && $0.values.comparedCount > 0 })
        }
    }

    /// The numbers that an input of bytes is made of need more memory than the bytes.
    @Test func inputsThatNoMemoryHolds() throws {
        try withTemporaryFolder { folder in
            let file = folder.appending(path: "m.braid").path
            let rows = (MemoryBudget.currentLimit / 10 * 9) >> 16
            let type = TensorType(.u8, [rows, 1 << 16])
            try Model(tracing: { (x: NDArray) in x + x }, for: [type])
                .write(to: file)
            let run = try hybridize(["verify", file])
            #expect(run.status == 2, "\(run.errors)")
            #expect(run.errors.contains("no memory for the result"), "\(run.errors)")
        }
    }

    private struct OneRow: Block {
        @Parameter var table: NDArray
        init() { _table = Parameter([1, 3]) }
        func forward(_ indices: NDArray) -> NDArray { table.gathered(at: indices) }
    }

    /// Of whole numbers, 0 alone is an index of an axis with one element.
    @Test func indicesThatOnlyZeroFits() throws {
        let type = TensorType(.i64, [64])
        let network = AnyBlock(OneRow())
        for verification in [
            try NetworkVerifier(network, types: [type], seed: 5).verification(of: "network"),
            try GraphVerifier(network.model(for: [type]), seed: 5).verification(of: "file"),
        ] {
            #expect(verification.isPassed, "\(verification.text)")
            #expect(try #require(verification.rows.last).values.comparedCount > 0)
        }
        // Where 0 does not fit either, it is the network's mistake.
        let outside = AnyBlock(Lambda { (x: NDArray) in NDArray([1, 2]).gathered(at: x + 2) })
        #expect(throws: (any Error).self) {
            try NetworkVerifier(outside, types: [type], seed: 5).verification(of: "network")
        }
    }

    @Test func seedsAreReportedAsTheyAre() throws {
        let (network, types) = try OwnNetworks.build("integers")
        for (seed, expected) in [
            (7, .integer(7)), (.max, .string("18446744073709551615")),
        ] as [(UInt64, JSON)] {
            let verification = try NetworkVerifier(network, types: types, seed: seed)
                .verification(of: "integers")
            #expect(verification.json["seed"] == expected)
        }
    }

    @Test func optimisedGraphsAreVerifiedWithoutGradients() throws {
        let (network, types) = try OwnNetworks.build("lenet")
        let model = try network.model(for: types)
        let optimised = try Model(
            graph: model.compiledGraph.graph,
            parameters: model.signature.parameters.map { ($0.name, model.parameter($0.name)!) })
        let verification = try GraphVerifier(optimised, seed: 0).verification(of: "file")
        #expect(verification.isPassed)
        #expect(verification.gradientProblem?.contains("fused") == true)
    }

    /// Elements, what they should be, how many differ, and the worst error.
    private static let pairs: [([Float], [Float], Int, Double)] = [
        ([1, 2], [1, 2], 0, 0), ([1, 2], [1, 2.5], 1, 0.2), ([0, 8], [0.5, 4], 2, 1),
        ([0, 1], [-0.0, 1], 1, 0), ([.nan, 1], [.nan, 1], 0, 0),
        ([.nan, 1], [3, 1], 1, .infinity),
        ([.infinity, 1], [.infinity, 1], 0, 0), ([.infinity, 1], [-.infinity, 1], 1, .infinity),
    ]

    @Test(arguments: pairs)
    func deviations(_ a: [Float], _ b: [Float], _ differing: Int, _ error: Double) throws {
        var deviation = Deviation()
        try deviation.compare(
            [NamedArray(name: "x", array: NDArray(a))],
            with: [NamedArray(name: "x", array: NDArray(b))])
        #expect(deviation.comparedCount == 2)
        #expect(deviation.nonFiniteCount == b.count { !$0.isFinite })
        #expect(deviation.differingCount == differing)
        #expect(deviation.worstError == error)
        #expect(deviation.worstArray == (differing > 0 ? "x" : nil))
    }

    @Test func otherTypesAndNumbersOfArraysDeviate() throws {
        let x = NamedArray(name: "x", array: NDArray([1, 2] as [Float]))
        for other in [[], [NamedArray(name: "x", array: NDArray([1, 2] as [Double]))], [x, x]] {
            var deviation = Deviation()
            try deviation.compare(other, with: [x])
            #expect(deviation.differingCount > 0 && deviation.worstError == .infinity)
        }
    }

    @Test func badInputExitsWith2() throws {
        try withModel("mlp") { folder, file in
            for (arguments, mention) in [
                ([], "name|file"), (["lnet"], "did you mean 'lenet'?"), ([folder.path], "regular"),
                ([file, "--input", "1x784"], "a file has its own inputs"),
                (["mlp", "--input", "2x3:i32"], "f32 or f64"), (["mlp", "--seed", "x"], "x"),
                (["lenet", "--input", "1x1x2x2"], "max_pooling"),
                (["mlp", "--input", "4000000x1000000"], "no memory for the result"),
            ] {
                let run = try hybridize(["verify"] + arguments)
                #expect(run.status == 2, "\(run.errors)")
                #expect(run.errors.contains(mention), "\(run.errors)")
                #expect(run.output.isEmpty)
            }
        }
    }
}
