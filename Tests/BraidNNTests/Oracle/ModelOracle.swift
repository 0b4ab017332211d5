import Braid
import BraidTestSupport
import Foundation

/// What PyTorch computes for one network; README.md has the format.
struct ModelOracle: Decodable {
    struct Summary: Decodable {
        let count: Int
        let norm: Double
        let sum: Double
        let values: [Double]

        /// The size of a typical element.
        var root: Double { norm / Double(count).squareRoot() }

        /// The first difference of an array, in words. What is compared may be off by `tolerance` as a part
        /// of its size, or of a typical element's, which is at least `floor`.
        func difference(of array: NDArray, tolerance: Double, floor: Double) throws -> String? {
            let found = try array.cast(to: .f64).scalars(as: Double.self)
            guard found.count == count else { return "\(found.count) elements, expected \(count)" }
            let root = max(root, floor)
            var norm = 0.0, sum = 0.0
            for element in found {
                norm += element * element
                sum += element
            }
            norm.formSquareRoot()
            let length = Double(count).squareRoot()
            var rows = [
                ("norm", norm, self.norm, root * length),
                ("sum", sum, self.sum, max(root * length, abs(self.sum))),
            ]
            for (index, value) in values.enumerated() {
                let place = index * (count - 1) / max(values.count - 1, 1)
                rows.append(("element \(place)", found[place], value, max(root, abs(value))))
            }
            for (what, found, expected, size) in rows
            where !(abs(found - expected) <= tolerance * size) {
                return "\(what) is \(found), expected \(expected) (tolerance \(tolerance * size))"
            }
            return nil
        }
    }

    struct ParameterEntry: Decodable {
        let name: String
        let shape: [Int]
        let gradient: Summary?
        let average: Summary?
    }

    struct Case: Decodable {
        let mode: String
        let outputs: Summary
        let parameters: [ParameterEntry]
        let roundings: Int
    }

    /// An extent of the input, or a number of classes.
    enum Extent: Decodable {
        case extent(Int)
        case classes(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let extent = try? container.decode(Int.self) {
                self = .extent(extent)
            } else {
                self = .classes(try container.decode([Int].self)[0])
            }
        }
    }

    let input: [Extent]
    let cases: [Case]

    /// The file of a network.
    static func named(_ name: String) throws -> ModelOracle {
        let file = Bundle.module.bundleURL.appending(path: "values/models/\(name).json")
        return try JSONDecoder().decode(ModelOracle.self, from: Data(contentsOf: file))
    }

    /// The input: tokens, or numbers of a dtype.
    func inputArray(_ dtype: DType) -> NDArray {
        var extents: [Int] = []
        var classes: Int?
        for item in input {
            switch item {
            case .extent(let extent): extents.append(extent)
            case .classes(let count): classes = count
            }
        }
        let count = extents.reduce(1, *)
        if let classes {
            let tokens = (0..<count).map {
                Int64((HashedValues.value(at: $0, seed: 0) + 0.5) * Double(classes))
            }
            return NDArray(tokens, shape: Shape(extents))
        }
        return NDArray(HashedValues.floats(count, seed: 0, scale: 2), shape: Shape(extents))
            .cast(to: dtype)
    }
}

extension ParameterList {
    /// Gives parameters the values that the oracle's have, by their order.
    func fillWithHashedValues(_ entries: [ModelOracle.ParameterEntry]) {
        for (index, (element, entry)) in zip(self, entries).enumerated() {
            let count = entry.shape.reduce(1, *)
            let isScale =
                entry.name.hasSuffix("running_var") || entry.name.hasSuffix("weight")
            let (scale, center): (Double, Double) =
                entry.shape.count > 1
                ? ((12 * Double(entry.shape[0]) / Double(count)).squareRoot(), 0)
                : isScale ? (0.5, 1) : (0.2, 0)
            let values = HashedValues.floats(
                count, seed: index + 1, scale: scale, center: center)
            element.parameter.wrappedValue = NDArray(values, shape: Shape(entry.shape))
                .cast(to: element.parameter.dtype)
        }
    }
}
