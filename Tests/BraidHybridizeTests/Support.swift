import Braid
import BraidHybridize
import BraidTestSupport
import Foundation
import Testing

/// The built command.
let hybridize = BuiltProgram("hybridize")

/// A folder with a model file that the command traced.
func withModel<R>(
    _ name: String, _ options: [String] = [], _ body: (_ folder: URL, _ file: String) throws -> R
) throws -> R {
    try withTemporaryFolder { folder in
        let file = folder.appending(path: "\(name).braid").path
        let trace = try hybridize(["trace", name, "--output", file] + options)
        #expect(trace.status == 0, "\(trace.errors)")
        #expect(trace.errors.isEmpty)
        return try body(folder, file)
    }
}

extension JSON {
    /// The one object that a command printed.
    init(printed text: String) throws {
        #expect(text.filter { $0 == "\n" }.count == 1, "one line")
        self = try JSONParser.parse(String(text.dropLast()))
    }

    var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var elements: [JSON]? { if case .array(let values) = self { values } else { nil } }
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

extension NDArray {
    /// Different elements, a new row for each seed.
    static func sample(_ type: TensorType, seed: UInt64 = 1) -> NDArray {
        RandomSource.seed(seed)
        return .uniform(type.shape, from: -1, to: 1).cast(to: type.dtype)
    }

    func bytes() throws -> [UInt8] { try withBytes { Array($0) } }
}
