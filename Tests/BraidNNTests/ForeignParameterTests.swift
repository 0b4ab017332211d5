import Braid
import Foundation
import Testing

/// Files of parameters that others made: other names, other dtypes, tensors that Braid has no type for.
struct ForeignParameterTests {
    private struct Net: Block {
        let conv: Conv2D
        let norm: BatchNorm
        func forward(_ x: NDArray) -> NDArray { norm(conv(x)) }
    }

    private func net() -> Net {
        Net(conv: Conv2D(2, kernel: 1, inputs: 1, usesBias: false), norm: BatchNorm(channels: 2))
    }

    @discardableResult
    private func withFile<R>(
        _ arrays: [(String, NDArray)], _ body: (ParameterFile) throws -> R
    ) throws -> R {
        try withTemporaryFile { path in
            try SafetensorsWriter.write(
                to: path, metadata: [],
                tensors: arrays.map { name, array in
                    SafetensorsWriter.Tensor(name: name, type: array.type) { write in
                        try array.withBytes { try write($0) }
                    }
                })
            return try body(ParameterFile(path: path))
        }
    }

    /// As PyTorch names and stores a convolution with its normalisation.
    private func foreign(_ dtype: DType = .f32) -> [(String, NDArray)] {
        func vector(_ factor: Float) -> NDArray {
            NDArray([0.5 * factor, 2 * factor]).cast(to: dtype)
        }
        return [
            ("module.layer1.0.conv1.weight", vector(1).reshaped(to: [2, 1, 1, 1])),
            ("module.layer1.0.bn1.weight", vector(1)), ("module.layer1.0.bn1.bias", vector(2)),
            ("module.layer1.0.bn1.running_mean", vector(3)),
            ("module.layer1.0.bn1.running_var", vector(4)),
            ("module.layer1.0.bn1.num_batches_tracked", NDArray(Int64(7))),
        ]
    }

    private func check(_ net: Net) throws {
        #expect(try net.conv.weight.scalars(as: Float.self) == [0.5, 2])
        #expect(try net.norm.bias!.wrappedValue.scalars(as: Float.self) == [1, 4])
        #expect(try net.norm.runningMean.scalars(as: Float.self) == [1.5, 6])
        #expect(try net.norm.runningVariance.scalars(as: Float.self) == [2, 8])
    }

    @Test func namesAreRenamedByAClosure() throws {
        try withFile(foreign()) { file in
            let net = net()
            let report = try net.loadParameters(from: file) { name in
                guard let place = name.range(of: "layer1.0.") else { return name }
                switch name[place.upperBound...] {
                case "conv1.weight": return "conv.weight"
                case "bn1.running_mean": return "norm.runningMean"
                case "bn1.running_var": return "norm.runningVariance"
                case "bn1.num_batches_tracked": return nil
                case let rest: return String(rest).replacing("bn1", with: "norm")
                }
            }
            #expect(report.isEmpty && report.converted.isEmpty)
            try check(net)
            let error = #expect(throws: ModelFileError.self) {
                try net.loadParameters(from: file) { _ in "conv.weight" }
            }
            #expect(error?.code == .invalidName)
            #expect(error?.message.contains("both renamed to 'conv.weight'") == true)
        }
    }

    @Test func namesAreRenamedByPatterns() throws {
        try withFile(foreign()) { file in
            let net = net()
            #expect(
                try net.loadParameters(
                    from: file,
                    renaming: [
                        "module.*": "*", "layer1.0.*": "*", "conv1.*": "conv.*", "bn1.*": "norm.*",
                        "*.running_mean": "*.runningMean", "*.running_var": "*.runningVariance",
                        "*.num_batches_tracked": nil,
                    ]
                ).isEmpty)
            try check(net)
            let error = #expect(throws: ModelFileError.self) {
                try net.loadParameters(from: file, renaming: ["a": "*"])
            }
            #expect(error?.code == .invalidName)
        }
    }

    @Test func patternsKeepTheOrderOfTheirStars() throws {
        let pattern = try #require(RenamingPattern("layer*.*.bn*", for: "stage*/*/norm*"))
        #expect(pattern("layer1.0.bn2.weight") == "stage1/0/norm2.weight")
        #expect(pattern("layer10.x.y.bn") == "stage10/x.y/norm")
        #expect(pattern("layer1.bn") == "layer1.bn")
        #expect(RenamingPattern("", for: "x")?("") == "x")
        #expect(RenamingPattern("*", for: nil)?("anything") == nil)
        #expect(RenamingPattern("a*", for: "**")?("abc") == "bc")
        #expect(RenamingPattern("a*", for: "*-*") == nil)
        #expect(RenamingPattern("a*b*b", for: "1*2*")?("abxbyb") == "12xby")
        #expect(RenamingPattern("*ab*ba", for: "x")?("xaba") == "xaba")
        #expect(RenamingPattern("*.*", for: "*/*")?("a.b.c") == "a/b.c")
        #expect(RenamingPattern("**a**", for: "*-*")?("bac") == "b-c")
        for (pattern, character) in [("*a*a*a*a*b", "a"), ("*.*.*.*.*.*x", ".")] {
            let long = String(repeating: character, count: 5000)
            #expect(RenamingPattern(pattern, for: "y")?(long) == long)
        }
    }

    @Test(arguments: [DType.bf16, .f16, .f64])
    func otherFloatingPointTypesAreConvertedWhenAsked(dtype: DType) throws {
        let arrays = foreign(dtype).dropLast()
        let rename = { (name: String) -> String? in
            [
                "conv1.weight": "conv.weight", "bn1.weight": "norm.weight", "bn1.bias": "norm.bias",
                "bn1.running_mean": "norm.runningMean", "bn1.running_var": "norm.runningVariance",
            ][String(name.dropFirst("module.layer1.0.".count))]
        }
        try withFile(Array(arrays)) { file in
            #expect(file.type(of: "module.layer1.0.bn1.bias") == TensorType(dtype, [2]))
            let net = net()
            let error = #expect(throws: ModelFileError.self) {
                try net.loadParameters(from: file, renaming: rename)
            }
            #expect(
                error?.message.contains(
                    "norm.bias is \(dtype)[2], expected f32[2] (converting: true converts it)")
                    == true)
            let report = try net.loadParameters(from: file, converting: true, renaming: rename)
            #expect(report.isEmpty)
            #expect(report.converted.count == 5)
            try check(net)
        }
        // Integers are no weights, however they are asked for.
        try withFile([("weight", NDArray([1, 2] as [Int32], shape: [1, 2]))]) { file in
            #expect(throws: ModelFileError.self) {
                try Dense(1, inputs: 2, usesBias: false).loadParameters(
                    from: file, converting: true)
            }
        }
    }

    @Test func tensorsOfOtherTypesAreListedOnly() throws {
        let header =
            #"{"q":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[8,12]},"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#
        try withTemporaryFile { path in
            let count = UInt64(header.utf8.count)
            try Data(
                (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * UInt64($0))) }
                    + Array(header.utf8) + [UInt8](repeating: 0, count: 12)
            ).write(to: URL(fileURLWithPath: path))
            let file = try ParameterFile(path: path)
            #expect(file.names == ["weight"])
            #expect(file.unsupported.map { "\($0.name) \($0.type)" } == ["q F8_E4M3[4]"])
            #expect(try file.array("weight").scalars(as: Float.self) == [0, 0])
            let missing = #expect(throws: ModelFileError.self) { try file.array("q") }
            #expect(missing?.code == .unsupportedType)
            let layer = Dense(1, inputs: 2, usesBias: false)
            let error = #expect(throws: ModelFileError.self) {
                try layer.loadParameters(from: file)
            }
            #expect(error?.message == "q is unexpected")
            let report = try layer.loadParameters(from: file, allowing: .unexpected)
            #expect(report.unexpected == ["q"])
            let other = #expect(throws: ModelFileError.self) {
                try layer.loadParameters(
                    from: file, allowing: .unexpected,
                    renaming: ["weight": "x", "q": "weight"] as KeyValuePairs)
            }
            #expect(other?.message == "weight is F8_E4M3[4], expected f32[1, 2]")
        }
    }

    @Test func longReportsAreCut() throws {
        let arrays = (0..<1000).map { ("tensor\($0)\u{1B}[31m", NDArray(Float($0))) }
        try withFile(arrays) { file in
            let error = #expect(throws: ModelFileError.self) {
                try net().loadParameters(from: file)
            }
            let lines = error?.message.split(separator: "\n") ?? []
            #expect(lines.count == 5 + 20 + 1)
            #expect(lines.last == "and 980 more are unexpected")
            #expect(error?.message.contains("\u{1B}") == false)
            let nothing = #expect(throws: ModelFileError.self) {
                try net().loadParameters(from: file, allowing: [.missing, .unexpected])
            }
            let listed = nothing?.message.split(separator: "\n") ?? []
            #expect(Array(listed.dropFirst()) == Array(lines))
        }
    }
}
