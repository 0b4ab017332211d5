import BraidCore
import BraidFormats
import BraidOperators
import BraidPlatform
import BraidRuntime

/// The tensors of a file under the names that a network has for them.
struct RenamedTensors {
    private let file: SafetensorsFile
    /// The names in the file by those in the network.
    private let tensors: [String: String]
    /// Those in the network, in the file's order.
    private let names: [String]

    /// Under their own names.
    init(_ file: SafetensorsFile) {
        self.file = file
        names = file.allNames
        tensors = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
    }

    /// - Parameter rename: the network's name for one of the file's; nil leaves it out.
    /// - Throws: `ModelFileError` when two get the same name.
    init(
        _ file: SafetensorsFile, _ rename: (String) -> String?
    ) throws(ModelFileError) {
        var tensors: [String: String] = [:]
        var names: [String] = []
        for tensor in file.allNames {
            guard let name = rename(tensor) else { continue }
            if let other = tensors.updateValue(tensor, forKey: name) {
                throw ModelFileError(
                    .invalidName, path: file.path,
                    "the tensors '\(other.printable)' and '\(tensor.printable)' are both renamed to "
                        + "'\(name.printable)'")
            }
            names.append(name)
        }
        self.file = file
        self.tensors = tensors
        self.names = names
    }

    /// Whether there is no tensor, under any name.
    var isEmptyFile: Bool { file.allNames.isEmpty }

    /// The first tensor that has one of these names.
    private func tensor(among names: [String]) -> String? {
        names.lazy.compactMap { tensors[$0] }.first
    }

    /// The type of the first tensor that has one of these names; nil also when Braid has none for it.
    func type(among names: [String]) -> TensorType? {
        tensor(among: names).flatMap { file.entry($0)?.type }
    }

    /// The first tensor that has one of these names, converted if its dtype is another.
    func array(among names: [String], as dtype: DType) throws -> NDArray {
        let array = try NDArray(tensor(among: names) ?? names[0], of: file)
        if array.dtype == dtype { return array }
        let converted = try validating { array.cast(to: dtype) }
        // Here, so that not all tensors of a file are there twice.
        try converted.waitUntilReady()
        return converted
    }

    /// How the tensors differ from what is expected.
    /// - Parameter converting: whether another floating-point dtype is no difference.
    func comparison(
        with expected: [(names: [String], type: TensorType)], converting: Bool = false
    ) -> LoadReport {
        var report = LoadReport()
        var known: Set<String> = []
        for row in expected {
            known.formUnion(row.names)
            guard let tensor = tensor(among: row.names) else {
                report.missing.append(row.names[0])
                continue
            }
            let type = file.entry(tensor)?.type
            if type == row.type { continue }
            let found = type.map { "\($0)" } ?? file.unsupportedType(of: tensor)
            let isConvertible =
                type.map {
                    $0.shape == row.type.shape && $0.dtype.isFloating
                        && row.type.dtype.isFloating
                } ?? false
            let mismatch = LoadReport.Mismatch(
                name: row.names[0], found: found, expected: "\(row.type)",
                isConvertible: isConvertible)
            if converting, isConvertible {
                report.converted.append(mismatch)
            } else {
                report.mismatched.append(mismatch)
            }
        }
        report.unexpected = names.filter { !known.contains($0) }
        return report
    }
}

extension SafetensorsFile {
    /// The names of all tensors, those without a type of Braid's at the end.
    fileprivate var allNames: [String] { entries.map(\.name) + unsupported.map(\.name) }

    fileprivate func unsupportedType(of name: String) -> String {
        unsupported.first { $0.name == name }?.type ?? "nothing"
    }
}
