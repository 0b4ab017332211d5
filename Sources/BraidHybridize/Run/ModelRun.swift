import Braid
import BraidCommandLine

/// One call of a model with arrays from files.
struct ModelRun {
    let path: String
    let inputs: [String]
    let outputs: [String]
    /// Whether arrays of another dtype are converted.
    let casts: Bool

    /// Runs the model and writes the outputs that were asked for, after all have been computed.
    /// - Returns: what was written.
    func run() throws -> [(path: String, name: String, type: TensorType)] {
        let model = try Model(contentsOfFile: path)
        let signature = model.signature
        let inputPaths = try NamedPaths(inputs, for: signature.inputs, option: "--input").paths
        let outputPaths = try NamedPaths(outputs, for: signature.outputs, option: "--output").paths
        try check(inputPaths, signature)
        try check(outputPaths, inputPaths)
        Console.leaveStandardOutput(to: outputPaths.compactMap(\.self))

        var arrays: [NDArray] = []
        for (entry, path) in zip(signature.inputs, inputPaths) {
            arrays.append(try array(for: entry, from: path!))
        }
        let wanted = zip(signature.outputs, zip(outputPaths, model(arrays))).compactMap {
            entry, result in result.0.map { (path: $0, name: entry.name, array: result.1) }
        }
        for output in wanted { try output.array.waitUntilReady() }
        try Interrupt.withheld(writing: wanted.map(\.path)) {
            for output in wanted { try NPYFile.write(output.array, to: output.path) }
        }
        return wanted.map { ($0.path, $0.name, $0.array.type) }
    }

    private func check(_ inputPaths: [String?], _ signature: ModelSignature) throws(InputError) {
        let missing = zip(signature.inputs, inputPaths).filter { $1 == nil }.map(\.0)
        if missing.isEmpty { return }
        let needed = missing.map { "'\($0.name)', \($0.type)" }.joined(separator: "; ")
        throw InputError("no --input for \(needed)")
    }

    /// Passes when all outputs can be written, so that none is when one cannot.
    private func check(_ outputPaths: [String?], _ inputPaths: [String?]) throws {
        let written = outputPaths.compactMap(\.self)
        for (index, output) in written.enumerated() {
            guard !output.replaces(path) else {
                throw InputError("--output \(output) would replace the model")
            }
            guard !written[..<index].contains(where: { $0.isSameFile(as: output) }) else {
                throw InputError("two outputs would be written to \(output)")
            }
            try AtomicFile.checkWritable(output)
        }
    }

    private func array(for entry: ModelSignature.Entry, from path: String) throws -> NDArray {
        let array = try NPYFile.read(path)
        if array.type == entry.type { return array }
        guard array.shape == entry.type.shape else {
            throw InputError(
                "the input '\(entry.name)' is \(entry.type); \(path) holds \(array.type). A model takes "
                    + "the shapes that it was traced for: give it such an array, or trace it again")
        }
        guard casts else {
            throw InputError(
                "the input '\(entry.name)' is \(entry.type); \(path) holds \(array.type). --cast "
                    + "converts it")
        }
        let converted = try validating { array.cast(to: entry.type.dtype) }
        Console.warn("note: \(path) was converted from \(array.dtype) to \(entry.type.dtype)")
        return converted
    }
}
