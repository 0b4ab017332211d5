import Braid

/// The parameters as they were at the end of an epoch. Keeping them costs a copy at the next step.
struct KeptEpoch {
    let epoch: Int
    private let values: [(name: String, parameter: Parameter, value: NDArray)]

    init(_ epoch: Int, of network: AnyBlock) {
        self.epoch = epoch
        values = network.parameters.map { ($0.name, $0.parameter, $0.parameter.wrappedValue) }
    }

    /// Gives the parameters these values again.
    func restore() {
        for (_, parameter, value) in values { parameter.wrappedValue = value }
    }

    /// Passes values that are finite numbers.
    /// - Throws: `TrainingFailure` naming the first parameter with others.
    func check() throws {
        for (name, _, value) in values
        where try value.dtype.isFloating && !value.isFinite().all().scalar(as: Bool.self) {
            throw TrainingFailure(
                description:
                    "the parameter \(name) has values that are no finite numbers after epoch "
                    + "\(epoch); no file was written; try a smaller --learning-rate; --allow-nan goes on"
            )
        }
    }
}
