import Braid
import BraidCommandLine
import Foundation

/// Data that a command finds by their name.
public struct NamedDataset: Sendable {
    /// The name, in lower case.
    public let name: String
    /// A few words on what it is.
    public let summary: String
    let load: @Sendable () throws -> ClassificationData

    /// Data by name.
    /// - Parameter load: makes or reads the data; what it throws is shown as bad input.
    public init(
        _ name: String, _ summary: String, load: @escaping @Sendable () throws -> ClassificationData
    ) {
        self.name = name
        self.summary = summary
        self.load = load
    }
}

extension NamedDataset {
    /// The data of this package.
    public static let builtIn: [NamedDataset] = [digits]

    /// `Digits`, which come with the package.
    public static let digits = NamedDataset("digits", "1,797 handwritten digits of 8x8 pixels") {
        let digits = try Digits.load()
        return try ClassificationData(
            training: digits.training, test: digits.test, classes: digits.classes)
    }
}

/// The data that `train` finds by name, and how it reads folders.
///
/// ```swift
/// enum Data: DatasetTable {
///     static let datasets = [
///         NamedDataset("rings", "Points in two rings") { try rings() }
///     ]
/// }
///
/// TrainCommand<Networks, Data>.main()
/// ```
public protocol DatasetTable: Sendable {
    /// The data, each under a name of its own; the first when `--data` is not given.
    static var datasets: [NamedDataset] { get }
    /// The data in a folder, or a file, that `--data` names; `IDXFolder` unless said otherwise.
    /// - Throws: what is wrong with it, which is shown as bad input.
    static func data(at path: String) throws -> ClassificationData
}

extension DatasetTable {
    /// The images of an IDX folder: MNIST and its relatives.
    /// - Throws: `DataError` naming the file that is missing or malformed.
    public static func data(at path: String) throws -> ClassificationData {
        let folder = try IDXFolder(path: path)
        return try ClassificationData(
            training: folder.training, test: folder.test, classes: folder.classes)
    }

    /// The data of a name, or else in a place.
    /// - Throws: `InputError` when there is neither, and for errors that are no bad input by themselves;
    ///   `DataError` and others that say what is wrong.
    static func load(_ name: String) throws -> ClassificationData {
        do {
            if let entry = datasets.first(where: { $0.name == name }) { return try entry.load() }
            if FileManager.default.fileExists(atPath: name) { return try data(at: name) }
        } catch  where isBadInput(error) {
            throw error
        } catch {
            throw InputError("data '\(name)': \(error)")
        }
        let names = datasets.map(\.name)
        throw InputError(
            "no data are called '\(name)', and no folder is; the data with names are "
                + names.joined(separator: ", ") + suggestion(for: name, among: names))
    }

    /// The data for the end of a help text.
    static var listing: String { table(datasets.map { ($0.name, $0.summary) }) }
}

/// The data of Braid itself.
public enum BuiltInData: DatasetTable {
    /// `NamedDataset.builtIn`.
    public static var datasets: [NamedDataset] { NamedDataset.builtIn }
}
