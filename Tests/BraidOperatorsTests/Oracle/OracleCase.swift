import BraidCore
import BraidOperators
import BraidTestSupport
import Foundation

/// One call of an operator with the results that NumPy or SciPy gives; README.md has the format.
struct OracleCase: Decodable {
    let op: any Operator
    let terms: Int
    let inputs: [HostArray]
    let outputs: [HostArray]

    private enum Key: String, CodingKey { case `operator`, attributes, terms, inputs, outputs }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .operator)
        guard let type = Catalog[name] else {
            throw DecodingError.dataCorruptedError(
                forKey: .operator, in: container,
                debugDescription: "no operator is called '\(name)'")
        }
        func decode<O: Operator>(_ type: O.Type) throws -> any Operator {
            try container.decode(O.self, forKey: .attributes)
        }
        op = try decode(type)
        terms = try container.decode(Int.self, forKey: .terms)
        inputs = try container.decode([OracleArray].self, forKey: .inputs).map(\.array)
        outputs = try container.decode([OracleArray].self, forKey: .outputs).map(\.array)
    }

    /// The families' names.
    static func families() throws -> [String] {
        try files().map { $0.deletingPathExtension().lastPathComponent }.sorted()
    }

    /// The cases of one family.
    static func cases(of family: String) throws -> [OracleCase] {
        struct File: Decodable { let cases: [OracleCase] }
        let file = try files().first { $0.lastPathComponent == "\(family).json" }
        guard let file else { return [] }
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).cases
    }

    /// The cases of all families.
    static func all() throws -> [OracleCase] { try families().flatMap { try cases(of: $0) } }

    private static func files() throws -> [URL] {
        let folder = Bundle.module.bundleURL.appending(path: "values")
        return try FileManager.default
            .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
    }
}

/// An array as the files have it.
private struct OracleArray: Decodable {
    let array: HostArray

    private enum Key: CodingKey { case dtype, shape, values }

    private enum Number: Decodable {
        case integer(Int128)
        case real(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let integer = try? container.decode(Int64.self) {
                self = .integer(Int128(integer))
            } else if let integer = try? container.decode(UInt64.self) {
                self = .integer(Int128(integer))
            } else if let name = try? container.decode(String.self) {
                guard let value = ["nan": Double.nan, "inf": .infinity, "-inf": -.infinity][name]
                else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "'\(name)' is no number")
                }
                self = .real(value)
            } else {
                self = .real(try container.decode(Double.self))
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .dtype)
        guard let dtype = DType.allCases.first(where: { "\($0)" == name }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .dtype, in: container, debugDescription: "no dtype is called '\(name)'")
        }
        let shape = try container.decode(Shape.self, forKey: .shape)
        let numbers = try container.decode([Number].self, forKey: .values)
        guard numbers.count == shape.elementCount else {
            throw DecodingError.dataCorruptedError(
                forKey: .values, in: container,
                debugDescription: "\(numbers.count) values for shape \(shape)")
        }
        array = HostArray(
            TensorType(dtype, shape),
            try numbers.map { number in
                switch number {
                case .real(let value) where dtype.isFloating: return .real(value)
                case .integer(let value):
                    return dtype.isFloating ? .real(Double(value)) : .integer(value)
                case .real(let value):
                    throw DecodingError.dataCorruptedError(
                        forKey: .values, in: container,
                        debugDescription: "\(value) is no element of \(dtype)")
                }
            })
    }
}
