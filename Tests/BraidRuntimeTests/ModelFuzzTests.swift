import Braid
import BraidTestSupport
import Foundation
import Testing

/// Damaged graphs and model files, 100,000 of them, ten times as many in a full run: reading one ends
/// with a `ModelFileError` or with a model, and a model runs or refuses to.
@Suite(.serialized, .printsSeed) struct ModelFuzzTests {
    /// How often each original is damaged; making one takes longer than reading it.
    private static let variants = 25

    /// Any value of the JSON may be replaced, removed, repeated or renamed, so that every check of
    /// every operator's attributes is reached.
    @Test func damagedGraphsGiveTypedErrors() throws {
        // A row without dtypes has refused calls only.
        let samples = Sample.all.filter { !$0.dtypes.isEmpty }
        var count = Count()
        let peak = try Self.peakByteCount()
        Seeds.repeated(Self.repetitions) { generator in
            let cases = (0..<3).map { _ in
                let sample = generator.pick(samples)
                return sample.make(generator.pick(sample.dtypes), .small, &generator)
            }
            let original = try GraphCoding.json(of: ModelSupport.graph(of: cases).0)
            for variant in 0..<Self.variants {
                var json = original
                for _ in 0..<generator.int(1...2) { json = JSONDamage.damaged(json, &generator) }
                try count.note {
                    let graph = try GraphCoding.graph(from: json, path: "fuzz")
                    // What was read is a graph like any other.
                    if variant == 0 {
                        #expect(try ModelSupport.roundTrip(graph).isIdentical(to: graph))
                    }
                    do {
                        return try Model(graph: graph, parameters: [])
                    } catch let error as ModelError {
                        // Two inputs of one name.
                        throw ModelFileError(.mismatch, path: "fuzz", error.message)
                    }
                }
            }
        }
        #expect(count.accepted > 0 && count.refused > count.accepted, "\(count)")
        #expect(count.ran > 0, "\(count)")
        #expect(try Self.peakByteCount() - peak < 128 << 20)
    }

    /// Bits, bytes and digits of a whole file.
    @Test func damagedFilesGiveTypedErrors() throws {
        let original = try SerializationSupport.withFolder { folder in
            let path = folder.appending(path: "model.braid").path
            let weight = NDArray((0..<12).map { Float($0) / 7 - 1 }, shape: [3, 4])
            try Model(
                tracing: { (x: NDArray) in (x.matmul(weight) + .uniform([2, 4])).relu() },
                for: [TensorType(.f32, [2, 3])], metadata: ["model": "layer"]
            ).write(to: path)
            return Array(try Data(contentsOf: URL(filePath: path)))
        }
        var count = Count()
        let peak = try Self.peakByteCount()
        Seeds.repeated(Self.repetitions) { generator in
            for _ in 0..<Self.variants {
                var bytes = original
                for _ in 0..<generator.int(1...2) { damage(&bytes, &generator) }
                try count.note { try Model(SafetensorsFile(bytes: bytes, path: "fuzz")) }
            }
        }
        // Damage to the data is not seen.
        #expect(count.accepted > 0 && count.refused > count.accepted, "\(count)")
        #expect(count.ran > 0, "\(count)")
        #expect(try Self.peakByteCount() - peak < 128 << 20)
    }

    /// The most memory that the process ever had, where the system says; 0 elsewhere.
    private static func peakByteCount() throws -> Int {
        let path = "/proc/self/status"
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        let line = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .first { $0.hasPrefix("VmHWM:") }
        return 1024 * (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0)
    }

    /// Half of 100,000 for each of the two tests.
    private static var repetitions: Int { (TestCounts.isFull ? 25_000 : 50_000) / variants }

    private struct Count {
        var accepted = 0
        var refused = 0
        var ran = 0
        private let clock = ContinuousClock()

        /// Counts what becomes of one damaged file, and runs it if it is read.
        mutating func note(_ read: () throws -> Model) throws {
            let start = clock.now
            let model: Model
            do { model = try read() } catch is ModelFileError {
                refused += 1
                return
            }
            accepted += 1
            if try ModelFuzzTests.run(model) { ran += 1 }
            // A second would be a thousand times too long; other processes may hold this one up.
            #expect(clock.now - start < .seconds(10))
        }
    }

    /// Runs a model if that takes little time.
    private static func run(_ model: Model) throws -> Bool {
        let signature = model.signature
        let plan = model.compiledGraph.plan
        let inputs = signature.inputs.map(\.type)
        guard (inputs + model.graph.nodes.flatMap(\.types)).allSatisfy({ $0.byteCount < 1 << 16 }),
            plan.steps.allSatisfy({ $0.cost < 1 << 20 })
        else { return false }
        let arguments = signature.inputs.map {
            ($0.name, NDArray.ones($0.type.shape, dtype: $0.type.dtype))
        }
        // What fails here is not for the tests that follow.
        defer { _ = try? Runtime.waitAll() }
        let results = try model(Dictionary(uniqueKeysWithValues: arguments))
        for output in signature.outputs {
            #expect(results[output.name]?.type == output.type)
            do { try results[output.name]?.waitUntilReady() } catch {
                // An index or a label may be outside what the damaged graph says.
                let code = (error.underlying as? ArrayError)?.code
                #expect(code == .invalidIndex || code == .invalidValue, "\(error)")
            }
        }
        return true
    }

    private func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = generator.int(0...bytes.count - 1)
        switch generator.int(0...4) {
        case 0: bytes[place] ^= 1 << UInt8(generator.int(0...7))
        case 1: bytes.removeSubrange(place...)
        case 2: bytes[place] = generator.pick(Self.syntax)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + generator.int(1...9)))
        default:
            // A digit for a digit keeps the header whole, so that what it says is wrong.
            let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
            guard let digit = bytes[place...].firstIndex(where: isDigit) else { return }
            bytes[digit] = UInt8(generator.int(0x30...0x39))
        }
    }

    private static let syntax = Array("0123456789-.e[]{}\",:\\".utf8)
}
