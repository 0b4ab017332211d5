import Braid
import Foundation
import Testing

/// A case of the files that `Scripts/make-network-oracle-values` writes.
struct NetworkOracle: Decodable, CustomTestStringConvertible {
    let name: String
    private let arrays: [String: Values]

    var testDescription: String { name }

    /// Numbers of one dtype, in row-major order.
    private struct Values: Decodable {
        let dtype: String
        let shape: [Int]
        let values: [Double]
    }

    /// The cases of a family.
    static func cases(of family: String) throws -> [NetworkOracle] {
        struct File: Decodable { let cases: [NetworkOracle] }
        let file = Bundle.module.bundleURL.appending(path: "values/\(family).json")
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).cases
    }

    /// Whether the case has an array of that name.
    func has(_ name: String) -> Bool { arrays[name] != nil }

    /// An array of the case, f64 or i64.
    func array(_ name: String) throws -> NDArray {
        let found = try #require(arrays[name], "no array '\(name)' in \(self.name)")
        let shape = Shape(found.shape)
        return found.dtype == "i64"
            ? NDArray(found.values.map { Int64($0) }, shape: shape)
            : NDArray(found.values, shape: shape)
    }

    /// A scalar of the case.
    func scalar(_ name: String) throws -> Double {
        try array(name).cast(to: .f64).scalar(as: Double.self)
    }
}

/// Where two f64 arrays of one shape differ by more than `tolerance`, relative above 1, in words.
func difference(_ found: NDArray, _ expected: NDArray, tolerance: Double = 1e-12) throws -> String?
{
    guard found.shape == expected.shape else {
        return "has shape \(found.shape), expected \(expected.shape)"
    }
    let (a, b) = (
        try found.cast(to: .f64).scalars(as: Double.self), try expected.scalars(as: Double.self)
    )
    for (place, pair) in zip(a, b).enumerated()
    where pair.0 != pair.1 && !(abs(pair.0 - pair.1) <= tolerance * max(1, abs(pair.1))) {
        if pair.0.isNaN && pair.1.isNaN { continue }
        return "element \(place) is \(pair.0), expected \(pair.1)"
    }
    return nil
}
