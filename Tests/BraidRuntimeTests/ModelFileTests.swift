import Braid
import Foundation
import Testing

/// Models: calls, and files written and read.
struct ModelFileTests {
    private typealias Support = ModelSupport

    private func bits(_ array: NDArray?) throws -> [UInt32] {
        try #require(array).scalars(as: Float.self).map(\.bitPattern)
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    @Test func callsComputeTheGraph() throws {
        let model = try Support.layer()
        let x = Support.layerInput
        let expected = (x.matmul(model.parameter("weight")!) + model.parameter("bias")!).relu()
        #expect(try bits(model([x])[0]) == bits(expected))
        let named = try model(["x": x])
        #expect(Array(named.keys) == ["y"])
        #expect(try bits(named["y"]) == bits(expected))
        #expect(model.parameter("x") == nil)
    }

    @Test func filesKeepModels() throws {
        try SerializationSupport.withFolder { folder in
            let path = folder.appending(path: "a.braid").path
            let again = folder.appending(path: "b.braid").path
            let model = try Support.layer()
            try model.write(to: path)
            let read = try Model(contentsOfFile: path)
            #expect(read.graph.isIdentical(to: model.graph))
            #expect(read.signature == model.signature)
            #expect(
                try bits(read([Support.layerInput])[0]) == bits(model([Support.layerInput])[0]))
            // Equal models give equal bytes, wherever they come from.
            try read.write(to: again)
            #expect(try bytes(path) == bytes(again))
            try Support.layer().write(to: again)
            #expect(try bytes(path) == bytes(again))
        }
    }

    /// The bytes of a file never change unless its version does.
    @Test func bytesAreGolden() throws {
        let scale = NDArray([1, -2] as [Float])
        let model = try Model(
            tracing: { (x: NDArray) in x * scale + .uniform([2]) }, for: [TensorType(.f32, [2])],
            options: OptimizationOptions(disabling: ["pointwise-fusion"], exact: true),
            metadata: ["model": "scale", "data": "none"])
        let graph =
            #"{\"inputs\":[0,1,2],\"nodes\":[{\"dtype\":\"f32\",\"input\":\"input\",\"shape\":[2]},"#
            + #"{\"dtype\":\"f32\",\"input\":\"captured.0\",\"shape\":[2]},"#
            + #"{\"dtype\":\"i64\",\"input\":\"key\",\"random_key\":true,\"shape\":[2]},"#
            + #"{\"attributes\":{\"function\":\"multiply\"},\"inputs\":[0,1],\"op\":\"binary\"},"#
            + #"{\"attributes\":{\"dtype\":\"f32\",\"from\":0.0,\"shape\":[2],\"to\":1.0},"#
            + #"\"inputs\":[2],\"op\":\"random_uniform\"},"#
            + #"{\"attributes\":{\"function\":\"add\"},\"inputs\":[3,4],\"op\":\"binary\"}],"#
            + #"\"outputs\":[5],\"version\":1}"#
        let signature =
            #"{\"inputs\":[{\"dtype\":\"f32\",\"name\":\"input\",\"shape\":[2]}],"#
            + #"\"outputs\":[{\"dtype\":\"f32\",\"name\":\"output\",\"shape\":[2]}],"#
            + #"\"parameters\":[{\"dtype\":\"f32\",\"name\":\"captured.0\",\"shape\":[2]}],"#
            + #"\"random_keys\":[\"key\"]}"#
        var header =
            #"{"__metadata__":{"braid.format_version":"2","braid.graph":""# + graph
            + #"","braid.optimization":"{\"disabled\":[\"pointwise-fusion\"],\"exact\":true}","#
            + #""braid.signature":""# + signature + #"","data":"none","model":"scale"},"#
            + #""captured.0":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}}"#
        while (8 + header.utf8.count) % 64 != 0 { header += " " }
        let golden = SerializationSupport.file(
            header, data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
        try SerializationSupport.withFolder { folder in
            let path = folder.appending(path: "golden.braid").path
            try model.write(to: path)
            let written = try bytes(path)
            let isGolden = written == golden
            #expect(isGolden, "\(String(decoding: written.dropFirst(8), as: UTF8.self))")
            try Data(golden).write(to: URL(filePath: path))
            let read = try Model(contentsOfFile: path)
            #expect(read.options == model.options && read.metadata == model.metadata)
            let x = NDArray([3, 0.5] as [Float])
            RandomSource.seed(1)
            let expected = x * scale + .uniform([2])
            RandomSource.seed(1)
            #expect(try bits(read(["input": x])["output"]) == bits(expected))
        }
    }

    @Test func callsNameWhatDoesNotFit() throws {
        let model = try Support.layer()
        let x = Support.layerInput
        func error(_ arguments: [String: NDArray]) -> ModelError? {
            #expect(throws: ModelError.self) { try model(arguments) }
        }
        let missing = error(["z": x])
        #expect(missing?.code == .missing && missing?.message == "the inputs 'x' are missing")
        let unexpected = error(["x": x, "z": x, "bias": x])
        #expect(unexpected?.code == .unexpected)
        #expect(unexpected?.message == "there are no inputs 'bias', 'z'; the inputs are 'x'")
        let other = error(["x": NDArray([1, 2] as [Double])])
        #expect(other?.code == .typeMismatch)
        #expect(other?.description == "model: the input 'x' is f32[2, 3], not f64[2]")
    }

    @Test func callsThatNoMachineCanServeAreRefused() throws {
        let x = Symbol.variable("x", .f32, [1])
        // A gibibyte for each output, four tebibytes together.
        let wide = x.broadcast(to: [1 << 14, 1 << 14])
        let model = try Model(
            graph: Graph((0..<4096).map { wide + Double($0) }, from: [x]), parameters: [],
            options: OptimizationOptions(disabling: ["pointwise-fusion"]))
        let error = #expect(throws: ModelError.self) { try model(["x": .ones([1])]) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("\(4096 << 30) bytes") == true, "\(error?.message ?? "")")
    }

    @Test func partsThatDoNotFitAreRefused() throws {
        let x = Symbol.variable("x", .f32, [2])
        let graph = Graph([x + 1, x * 2], from: [x])
        let array = NDArray([1, 2] as [Float])
        func code(
            _ graph: Graph, _ parameters: [(String, NDArray)], _ outputs: [String]? = nil,
            options: OptimizationOptions = OptimizationOptions(), metadata: [String: String] = [:]
        ) -> ModelError.Code? {
            let error = #expect(throws: ModelError.self) {
                try Model(
                    graph: graph, parameters: parameters, outputs: outputs, options: options,
                    metadata: metadata)
            }
            return error?.code
        }
        #expect(code(graph, [("y", array)]) == .unexpected)
        #expect(code(graph, [("x", array), ("x", array)]) == .duplicateName)
        #expect(code(graph, [("x", NDArray([1] as [Float]))]) == .typeMismatch)
        #expect(code(graph, [], ["a"]) == .missing)
        #expect(code(graph, [], ["a", "b", "c"]) == .unexpected)
        let options = OptimizationOptions(disabling: ["magic"])
        #expect(code(graph, [], options: options) == .invalidOptions)
        #expect(code(graph, [], metadata: ["braid.graph": ""]) == .unexpected)
        #expect(code(graph, [], ["a", "a"]) == .duplicateName)
        let twin = Symbol.variable("x", .f32, [2])
        #expect(code(Graph([x + twin], from: [x, twin]), []) == .duplicateName)
        let broken = Graph(nodes: [], inputs: [], outputs: [Graph.Value(0)])
        #expect(code(broken, []) == .invalidGraph)
        #expect(
            try Model(graph: graph, parameters: []).signature.outputs.map(\.name)
                == ["output0", "output1"])
    }

    @Test func filesNameWhatDoesNotFit() throws {
        try SerializationSupport.withFolder { folder in
            let path = folder.appending(path: "model.braid").path
            try Support.layer().write(to: path)
            let file = try SafetensorsFile(path: path)
            let parts = file.metadata
            func error(
                _ metadata: [(String, String)], _ tensors: [(String, TensorType)]
            ) throws -> ModelFileError? {
                let other = folder.appending(path: "other.braid").path
                try SafetensorsWriter.write(
                    to: other, metadata: metadata,
                    tensors: tensors.map { SerializationSupport.tensor($0.0, $0.1) })
                return #expect(throws: ModelFileError.self) { try Model(contentsOfFile: other) }
            }
            let weight = ("weight", TensorType(.f32, [3, 4]))
            let bias = ("bias", TensorType(.f32, [4]))
            let stranger = try error(parts, [("wait", weight.1), ("a", bias.1)])
            #expect(stranger?.code == .mismatch)
            #expect(
                stranger?.message.hasSuffix(
                    "missing 'bias', 'weight', unexpected 'a', 'wait'") == true)
            let other = try error(parts, [weight, ("bias", TensorType(.f32, [5]))])
            #expect(
                other?.message == "tensor 'bias' is f32[5]; the signature has f32[4]")
            let bare = try error([], [weight, bias])
            #expect(bare?.code == .invalidMetadata)
            #expect(
                bare?.message.hasSuffix(
                    "lack 'braid.format_version', 'braid.graph', "
                        + "'braid.optimization', 'braid.signature'") == true)
            func replacing(_ key: String, _ text: String) -> [(String, String)] {
                parts.map { $0.0 == key ? ($0.0, text) : $0 }
            }
            let version = try error(replacing("braid.format_version", "1"), [weight, bias])
            #expect(version?.message.contains("format version '1'") == true)
            let extra = try error(parts + [("braid.note", "")], [weight, bias])
            #expect(extra?.message.hasSuffix("unexpected keys: 'braid.note'") == true)
            let text = try error(replacing("braid.graph", "{"), [weight, bias])
            #expect(text?.message.hasPrefix("'braid.graph' is no JSON: byte 1") == true)
            for (optimization, message) in [
                (#"{"disabled":["magic"],"exact":false}"#, "no pass is called 'magic'"),
                (#"{"disabled":[1],"exact":false}"#, "an integer under 'disabled[0]'"),
                (#"{"disabled":[]}"#, "the optimization lacks the key 'exact'"),
            ] {
                let found = try error(
                    replacing("braid.optimization", optimization), [weight, bias])
                #expect(found?.code == .invalidMetadata)
                #expect(found?.message.contains(message) == true, "\(found?.message ?? "")")
            }
            let signature = try #require(parts.first { $0.0 == "braid.signature" }).1
            let renamed = try error(
                replacing("braid.signature", signature.replacing("\"x\"", with: "\"z\"")),
                [weight, bias])
            #expect(renamed?.code == .mismatch)
            #expect(renamed?.message.contains("is not that of the graph") == true)
        }
    }
}
