/// Cases that belong together, by the first letter of their names.
enum BenchmarkGroup: String, CaseIterable {
    case predictions = "M"
    case training = "T"
    case processes = "R"
    case dataParallel = "D"
    case smallOperators = "E"
    case engine = "N"
    case matrixProducts = "G"
    case convolutions = "C"
    case pointwise = "P"

    /// What is measured.
    var title: String {
        switch self {
        case .predictions: "predictions of whole networks"
        case .training: "training steps"
        case .processes: "memory and start-up"
        case .dataParallel: "data-parallel training, as many threads as workers"
        case .smallOperators: "small operators"
        case .engine: "the engine, time per job"
        case .matrixProducts: "matrix products"
        case .convolutions: "convolutions"
        case .pointwise: "pointwise and row operators"
        }
    }
}

extension BenchmarkGroup: CustomStringConvertible {
    var description: String { rawValue }
}
