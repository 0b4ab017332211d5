import Braid

/// A model and what became of its graph.
struct Inspection {
    let path: String
    let model: Model
    let compiled: CompiledGraph

    /// Reads a model and compiles it as a call would.
    init(path: String) throws(ModelFileError) {
        self.path = path
        model = try Model(contentsOfFile: path)
        compiled = model.compiledGraph
    }

    var plan: ExecutionPlan { compiled.plan }
    /// The graph that runs.
    var graph: Graph { compiled.graph }

    /// The names of inputs that are arrays of the model.
    var parameterNames: Set<String> { Set(model.signature.parameters.map(\.name)) }
}

extension MemoryPlan.Role {
    /// As `output`, `output 1`, `dense copy`, `scratch`.
    var label: String {
        switch self {
        case .output(let index): index == 0 ? "output" : "output \(index)"
        case .denseCopy: "dense copy"
        case .scratch: "scratch"
        }
    }
}
