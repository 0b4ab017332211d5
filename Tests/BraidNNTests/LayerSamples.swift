import Braid
import BraidTestSupport
import Foundation
import Testing

/// One use of a block: how it is made and what it takes.
struct LayerSample: CustomTestStringConvertible, Sendable {
    /// The block's type, as its declaration names it.
    let type: String
    let testDescription: String
    /// Two shapes of its input.
    let shapes: [Shape]
    let make: @Sendable () -> any Block<NDArray, NDArray>

    init(
        _ type: String, variant: String = "", _ shapes: [Shape],
        _ make: @escaping @Sendable () -> any Block<NDArray, NDArray>
    ) {
        self.type = type
        testDescription = variant.isEmpty ? type : "\(type), \(variant)"
        self.shapes = shapes
        self.make = make
    }

    /// A block from rows of arrays to rows of arrays, of one each.
    private struct One: Block {
        let wrapped: AnyBlock
        init(_ wrapped: AnyBlock) { self.wrapped = wrapped }
        func forward(_ x: NDArray) -> NDArray { wrapped.forward([x])[0] }
    }

    static let images: [Shape] = [[2, 3, 6, 5], [1, 3, 7, 8]]
    private static let rows: [Shape] = [[3, 4], [2, 5, 4]]

    /// Every block of BraidNN, and the models made of them. A new block gets a row here.
    static let all: [LayerSample] =
        activations + layers + simple + convolutions + pooling + sequenceLayers + normalization
        + models + recurrentLayers

    private static let activations = Activation.allCases.map { activation in
        LayerSample("Activation", variant: "\(activation)", rows) { activation }
    }

    private static let layers: [LayerSample] = [
        LayerSample("Dense", rows) { Dense(5) },
        LayerSample("Dense", variant: "tanh, no bias", rows) {
            Dense(5, activation: .tanh, usesBias: false)
        },
        LayerSample("Flatten", images) { Flatten() },
        LayerSample("Dropout", rows) { Dropout(0.4) },
        LayerSample("Sequential", variant: "shared", rows) {
            let shared = Dense(4, activation: .sigmoid)
            return Sequential {
                shared
                Dropout(0.2)
                shared
                Sequential { Dense(3, activation: .gelu) }
            }
        },
        LayerSample("Sequential", variant: "nested", rows) {
            Sequential {
                Dense(4, activation: .sigmoid)
                Dropout(0.2)
                Sequential { Dense(3, activation: .gelu) }
            }
        },
        LayerSample("HybridBlock", variant: "in a row", rows) {
            Sequential {
                Dense(6, activation: .silu).hybridized()
                Dense(2)
            }
        },
        LayerSample("AnyBlock", rows) { One(AnyBlock(Dense(3, activation: .relu))) },
        LayerSample("Sequential", variant: "MLP", [[3, 1, 4, 4], [1, 16]]) {
            Models.mlp(hidden: [8, 6])
        },
        LayerSample("Sequential", variant: "LeNet", [[2, 1, 8, 8], [1, 1, 8, 8]]) {
            Models.lenet(height: 8, width: 8)
        },
    ]

    /// The names of the types that the sources of BraidNN declare to be blocks.
    static func declaredBlocks() throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/BraidNN").standardizedFileURL
        let files = try #require(FileManager.default.enumerator(atPath: root.path))
        let declaration =
            /(?:struct|class|enum|actor|extension) (\w+)(?:<[^{]*?>)?: (?:[^{]*\W)?(?:Block|RecurrentCell)\b/
        var names: Set<String> = []
        for case let file as String in files where file.hasSuffix(".swift") {
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            let code = text.split(separator: "\n").filter { !$0.contains("///") }
                .joined(separator: "\n")
            names.formUnion(code.matches(of: declaration).map { String($0.output.1) })
        }
        return names
    }
}
