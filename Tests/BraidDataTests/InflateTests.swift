import BraidFormats
import BraidTestSupport
import Foundation
import Testing

@Suite(.printsSeed) struct InflateTests {
    private func inflated(
        _ stream: [UInt8], _ byteCount: Int, stopsWhenFull: Bool = false
    ) throws -> (bytes: [UInt8], consumed: Int) {
        // A guard behind the output shows writes past it.
        var output = [UInt8](repeating: 0xA5, count: byteCount + 8)
        let result = try stream.withUnsafeBytes { input in
            try output.withUnsafeMutableBytes { output in
                try Inflate.decompress(
                    input, into: UnsafeMutableRawBufferPointer(rebasing: output[..<byteCount]),
                    stopsWhenFull: stopsWhenFull)
            }
        }
        #expect(output.suffix(8).allSatisfy { $0 == 0xA5 }, "wrote past its output")
        return (Array(output.prefix(result.produced)), result.consumed)
    }

    private func stream(_ name: String) throws -> [UInt8] {
        let text = try #require(CompressedSamples.streams[name])
        return Array(
            try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters)))
    }

    @Test(arguments: CompressedSamples.streams.keys.sorted())
    func whatZlibWrites(name: String) throws {
        let content = CompressedSamples.content(4_000)
        let stream = try stream(name)
        let whole = try inflated(stream + [1, 2, 3], content.count)
        #expect(whole.bytes == content)
        #expect(whole.consumed == stream.count)
        let prefix = try inflated(stream, 100, stopsWhenFull: true)
        #expect(prefix.bytes == Array(content.prefix(100)))
        #expect(throws: Inflate.Failure.self) { try inflated(stream, content.count - 1) }
        for count in [0, 1, 2, stream.count / 2, stream.count - 1] {
            #expect(throws: Inflate.Failure.self, "\(count) bytes") {
                try inflated(Array(stream.prefix(count)), content.count)
            }
        }
    }

    @Test func storedBlocks() throws {
        let two: [UInt8] = [0, 2, 0, 0xFD, 0xFF, 65, 66, 1, 1, 0, 0xFE, 0xFF, 67]
        #expect(try inflated(two, 3).bytes == [65, 66, 67])
        #expect(try inflated(two, 3).consumed == two.count)
        #expect(try inflated([1, 0, 0, 0xFF, 0xFF], 0).bytes.isEmpty)
        #expect(throws: Inflate.Failure.self) { try inflated([1, 2, 0, 0xFD, 0xFF, 65], 2) }
        #expect(throws: Inflate.Failure.self) { try inflated([1, 2, 0, 0xFC, 0xFF, 65, 66], 2) }
    }

    @Test func impossibleStreams() {
        // A block of the fourth kind; a match in fixed codes before anything was written.
        for stream in [[7], [0x03, 0x02, 0, 0]] as [[UInt8]] {
            #expect(throws: Inflate.Failure.self) { try inflated(stream, 100) }
        }
    }

    /// Damaged streams end with a failure, or with bytes that fit.
    @Test func damagedStreams() throws {
        let streams = try CompressedSamples.streams.keys.sorted().map(stream)
        Seeds.repeated(3_000) { generator in
            var stream = streams[generator.int(0...streams.count - 1)]
            for _ in 0..<generator.int(1...4) {
                let place = generator.int(0...stream.count - 1)
                switch generator.int(0...2) {
                case 0: stream[place] ^= 1 << UInt8(generator.int(0...7))
                case 1: stream[place] = UInt8(generator.int(0...255))
                default: stream.removeSubrange(place..<min(place + 3, stream.count))
                }
                if stream.isEmpty { return }
            }
            do {
                let result = try inflated(stream, 4_000)
                #expect(result.consumed <= stream.count)
            } catch is Inflate.Failure {
            }
        }
    }

    @Test func noise() {
        Seeds.repeated(3_000) { generator in
            let stream = (0..<generator.int(0...60)).map { _ in UInt8(generator.int(0...255)) }
            _ = try? inflated(stream, generator.int(0...300), stopsWhenFull: generator.oneIn(2))
        }
    }
}
