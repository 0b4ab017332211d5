import BraidCore
import BraidFormats
import BraidOperators
import BraidPlatform
import BraidRuntime

/// What a trainer knows beside the parameters, in safetensors files: the number of steps, the learning
/// rate, and the optimiser's state as `PARAMETER/STATE`.
extension Trainer {
    private static let optimizerKey = "braid.optimizer"
    private static let scalars = ["step", "learning_rate"]

    /// Writes the number of steps, the learning rate and the optimiser's state.
    /// - Throws: `ModelFileError` when the file cannot be written, `EngineError` when a step failed.
    public func saveState(to path: String) throws {
        let arrays = try validating {
            var arrays = [
                ("step", stepCount.wrappedValue), ("learning_rate", NDArray(learningRate)),
            ]
            for (index, state) in states.withLock(\.self).enumerated() {
                guard let state else { continue }
                arrays += zip(stateTypes(at: index), state).map { ($0.name, $1.wrappedValue) }
            }
            return arrays
        }
        try SafetensorsWriter.write(
            arrays, metadata: [(Self.optimizerKey, optimizer.rule.name)], to: path)
    }

    /// Goes on from what `saveState(to:)` wrote. Parameters that had not been moved then have no state
    /// in the file, and start anew.
    /// - Throws: `ModelFileError` that lists every missing, unexpected or differently shaped tensor, or names a
    ///   learning rate or a number of steps that is none; the trainer is unchanged then.
    public func loadState(from file: ParameterFile) throws {
        let writer = file.metadata(Self.optimizerKey)
        guard writer == optimizer.rule.name else {
            throw ModelFileError(
                .invalidMetadata, path: file.file.path,
                "the file has the state of \(writer ?? "no optimiser"), not of "
                    + optimizer.rule.name)
        }
        let unknown = parameters.filter { $0.parameter.shape == nil }
        guard unknown.isEmpty else {
            throw ModelFileError(
                .mismatch, path: file.file.path,
                "the shapes of \(unknown.map(\.name).joined(separator: ", ")) are not known yet: call "
                    + "the network once, or give its layers their input widths")
        }
        var expected = Self.scalars.map { (name: $0, type: TensorType(.f64, [])) }
        var isThere = Array(repeating: false, count: parameters.count)
        for index in parameters.indices {
            let types = stateTypes(at: index)
            isThere[index] = types.contains { file.file.entry($0.name) != nil }
            if isThere[index] { expected += types }
        }
        let report = file.comparison(with: expected.map { ($0.name, [], $0.type) })
        try report.check(allowing: [], in: file)

        let rate = try NDArray("learning_rate", of: file.file).scalar(as: Double.self)
        guard rate >= 0, rate.isFinite else {
            throw ModelFileError(
                .mismatch, path: file.file.path, "the learning rate is \(rate)")
        }
        let step = try NDArray("step", of: file.file)
        let count = try step.scalar(as: Double.self)
        guard count >= 0, count.isFinite, count == count.rounded() else {
            throw ModelFileError(
                .mismatch, path: file.file.path, "the number of steps is \(count)")
        }
        let loaded = try parameters.indices.map { index in
            if !isThere[index] { return initialState(at: index).map(\.value) }
            return try stateTypes(at: index).map { try NDArray($0.name, of: file.file) }
        }
        try validating {
            learningRate = rate
            stepCount.wrappedValue = step
            for (index, arrays) in loaded.enumerated() {
                let known = states.withLock { states in
                    if states[index] == nil, isThere[index] {
                        states[index] = arrays.map { Parameter($0) }
                    }
                    return states[index] ?? []
                }
                // The objects stay, as traces know them. One may have to be waited for: not in the lock.
                for (parameter, array) in zip(known, arrays) { parameter.wrappedValue = array }
            }
        }
    }

    private func stateTypes(at index: Int) -> [(name: String, type: TensorType)] {
        initialState(at: index).map { ("\(parameters[index].name)/\($0.key)", $0.value.type) }
    }
}
