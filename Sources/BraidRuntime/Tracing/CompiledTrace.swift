import BraidCore
import BraidEngine
import BraidGraph
import BraidOperators
import BraidPlatform

/// A traced graph, compiled, and how to call it.
final class CompiledTrace: Sendable {
    /// An array of a parameter that a call changes.
    private struct Change: Sendable {
        let parameter: Parameter
        let part: Parameter.Part
        /// The output of the graph that is the new array.
        let output: Int
        /// The input of the graph that stands for the old one.
        let input: Int
    }

    private let traced: TracedGraph
    /// What the traced code said of itself.
    let note: (any Sendable)?
    private let compiled: CompiledGraph
    /// Changes in place: the output is written over the parameter's array.
    private let updates: [Change]
    /// Changes for which the parameter gets a new array.
    private let replacements: [Change]
    /// For each input, whether an update gives it; inputs behind the sources are those of parameters'
    /// arrays that the traced code did not read.
    private let isUpdated: [Bool]
    /// Whether a call leaves anything of a parameter other than it was.
    private let changesParameters: Bool

    /// - Throws: `ArrayError` when the options name passes that there are not, or no memory holds a value.
    init(
        _ traced: TracedGraph, _ options: HybridOptions, note: (any Sendable)? = nil
    ) throws(ArrayError) {
        self.traced = traced
        self.note = note
        var (graph, changes) = Self.changes(of: traced)
        // On a tape the old arrays may still be wanted.
        if traced.rule != nil {
            graph = traced.graph
            compiled = try CompiledGraph(compiling: graph, options: options.optimization)
        } else {
            compiled = try CompiledGraph(
                compiling: graph, options: options.optimization,
                updating: changes.map {
                    .init(
                        output: $0.output, replaces: $0.input, keepsOnFailure: $0.part == .value)
                })
        }
        var isUpdated = [Bool](repeating: false, count: graph.inputs.count)
        let plan = compiled.plan
        let inPlace = changes.partition { change in
            graph.inputs.indices.contains(change.input) && plan.isReplaced[change.input]
                && plan.outputs[change.output].place == .input(change.input)
        }
        replacements = Array(changes[..<inPlace])
        updates = Array(changes[inPlace...])
        for update in updates { isUpdated[update.input] = true }
        self.isUpdated = isUpdated
        changesParameters =
            !(changes.isEmpty && traced.clearedGradients.isEmpty && traced.news.isEmpty)
    }

    /// The changes, and the graph with an input for each old array.
    private static func changes(of traced: TracedGraph) -> (Graph, [Change]) {
        var nodes = traced.graph.nodes
        var inputs = traced.graph.inputs
        var known: [Parameter.Part: [ObjectIdentifier: Int]] = [.value: [:], .gradient: [:]]
        for (position, source) in traced.sources.enumerated() {
            switch source.kind {
            case .parameter(let parameter): known[.value]![ObjectIdentifier(parameter)] = position
            case .gradient(let parameter):
                known[.gradient]![ObjectIdentifier(parameter)] = position
            case .argument, .array, .key: break
            }
        }
        func input(_ part: Parameter.Part, _ parameter: Parameter) -> Int {
            if let known = known[part]![ObjectIdentifier(parameter)] { return known }
            inputs.append(nodes.count)
            nodes.append(
                Graph.Node(
                    .input(name: "overwritten \(nodes.count)"), types: [parameter.knownType]))
            return inputs.count - 1
        }
        let changed =
            traced.changedValues.map { ($0, Parameter.Part.value) }
            + traced.changedGradients.map { ($0, .gradient) }
        let first = traced.resultCount + traced.savedCount
        let changes = changed.enumerated().map { index, element in
            Change(
                parameter: element.0, part: element.1, output: first + index,
                input: input(element.1, element.0))
        }
        return (Graph(nodes: nodes, inputs: inputs, outputs: traced.graph.outputs), changes)
    }

    /// Whether the trace would be the same now.
    var isValid: Bool { traced.isValid }

    /// What was traced, before optimisation.
    var graph: Graph { traced.graph }

    /// The results for `arguments`; parameters that the traced code changed are changed, unless there was a
    /// mistake before, inside `validating`.
    func callAsFunction(_ arguments: [NDArray], _ ambient: Ambient) -> [NDArray] {
        var inputs: [NDArray] = []
        inputs.reserveCapacity(isUpdated.count)
        for (input, isUpdated) in isUpdated.enumerated() {
            // Reading a parameter makes it a leaf of the tapes that record.
            let source = isUpdated || input >= traced.sources.count ? nil : traced.sources[input]
            inputs.append(source?.array(among: arguments) ?? Self.nothing)
        }
        if let mistake = arguments.lazy.compactMap(\.body.missingElements).first {
            return invalidResults(mistake.reported())
        }
        if changesParameters, let mistake = ambient.errors?.error { return invalidResults(mistake) }
        let tapes =
            traced.rule == nil
            ? nil : ActiveTapes(in: ambient) { tape in inputs.contains { tape.isActive($0.body) } }
        let results = Scopes.with(ambient.unrecorded) { () -> [NDArray]? in
            guard let call = start(&inputs) else { return nil }
            for change in replacements {
                switch change.part {
                case .value: setValue(change, of: call)
                case .gradient:
                    _ = change.parameter.replaceGradient(
                        by: compiled.output(change.output, of: call))
                }
            }
            for parameter in traced.clearedGradients { _ = parameter.replaceGradient(by: nil) }
            for (parameter, news) in traced.news { parameter.noteGradient(news) }
            return self.results(of: call, inputs, tapes)
        }
        return results ?? invalidResults(ambient.errors?.error ?? Parameter.ownUpdate.reported())
    }

    private func invalidResults(_ mistake: ArrayError) -> [NDArray] {
        (0..<traced.resultCount).map { .invalid(mistake, like: compiled.plan.outputs[$0].type) }
    }

    /// Gives a parameter a value that a call computes. Where that fails the old one stays; an array that the
    /// call was given or captured is the parameter's as it is.
    private func setValue(_ change: Change, of call: CompiledGraph.Call) {
        if call.hasFailed { return }
        let outputs = compiled.plan.outputs
        let place = outputs[change.output].place
        guard let source = compiled.buffer(at: place, of: call) else {
            change.parameter.wrappedValue = compiled.output(change.output, of: call)
            return
        }
        // A result that is the same array fails with the call.
        let isShared = outputs.count { $0.place == place } > 1
        GuardedChanges.replace(change.parameter, dependingOn: source) {
            let value = compiled.output(change.output, of: call)
            change.parameter.wrappedValue = isShared ? value.copied() : value
        }
    }

    private func results(
        of call: CompiledGraph.Call, _ inputs: [NDArray], _ tapes: ActiveTapes?
    ) -> [NDArray] {
        guard let rule = traced.rule, let tapes, let innermost = tapes.innermost else {
            return (0..<traced.resultCount).map { compiled.output($0, of: call) }
        }
        // Bodies of their own, which know their tape: a result may be one of the inputs.
        let bodies = (0..<traced.resultCount + traced.savedCount).map { index in
            let output = compiled.output(index, of: call)
            return ArrayBody(output.dtype, output.body.layout, output.storage, tape: innermost)
        }
        tapes.forEach {
            $0.record(.custom(rule), needs: [.inputs, .outputs], inputs.map(\.body), bodies)
        }
        return bodies[..<traced.resultCount].map { NDArray($0) }
    }
}

/// Updates in place.
extension CompiledTrace {
    /// Stands for an array that is not looked at.
    private static let nothing = NDArray(Float(0))

    /// Hands the call over.
    /// - Returns: nil where the caller is in the middle of an update of one of the parameters, or one has no
    ///   first value, after a report.
    private func start(_ inputs: inout [NDArray]) -> CompiledGraph.Call? {
        if updates.isEmpty { return compiled.start(inputs) }
        // No job that may want the parameters starts on top of this call.
        JobFrame.beginWithoutHelping()
        defer { JobFrame.endWithoutHelping() }
        guard take(&inputs) else { return nil }
        let call: CompiledGraph.Call
        do throws(ArrayError) {
            for update in updates { try prepare(&inputs[update.input], for: update) }
            call = compiled.start(inputs)
        } catch { call = CompiledGraph.Call(failed: error) }
        putBack(inputs, call)
        return call
    }

    /// Takes the arrays that the call updates out of their parameters until it is handed over, so that
    /// nobody gets hold of an old one meanwhile.
    /// - Returns: false as `start` returns nil.
    private func take(_ inputs: inout [NDArray]) -> Bool {
        var next = 0
        while next < updates.count {
            let update = updates[next]
            let (array, borrower) = update.parameter.tryTake(update.part)
            if borrower == 0 {
                inputs[update.input] = array ?? Self.nothing
                next += 1
                if array != nil || update.part == .gradient { continue }
            }
            // All or nothing: two calls that wait for each other's arrays would do so for ever.
            for taken in updates[..<next] {
                let array = inputs[taken.input]
                inputs[taken.input] = Self.nothing
                taken.parameter.putBack(taken.part, array.body === Self.nothing.body ? nil : array)
            }
            next = 0
            if borrower == 0 {
                // Computes the first value.
                _ = update.parameter.wrappedValue
                if Scopes.innermost?.errors?.error != nil { return false }
            } else if !update.parameter.waits(for: borrower, update.part) {
                return false
            }
        }
        return true
    }

    /// Makes an array one that the graph may write over. One that somebody holds is copied.
    /// - Throws: `ArrayError` when there is no memory; the array is what it was.
    private func prepare(_ array: inout NDArray, for update: Change) throws(ArrayError) {
        let type = compiled.plan.inputs[update.input].type
        let isThere = array.body !== Self.nothing.body
        if compiled.plan.isRead[update.input] || update.part == .value {
            if isThere { return try array.makeUniqueAndDense() }
            array = try NDArray(type) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        } else {
            let layout = compiled.plan.outputs[update.output].layout
            if isThere, array.reuse(as: type, layout) { return }
            array = NDArray(
                ArrayBody(type.dtype, layout, try Storage.allocate(type.byteCount)))
        }
    }

    private func putBack(_ inputs: [NDArray], _ call: CompiledGraph.Call) {
        for update in updates {
            // Without a call there is nothing new, and where an old one was to be read it stays.
            let input = inputs[update.input]
            let isMissing =
                call.hasFailed && update.part == .gradient
                && (!compiled.plan.isRead[update.input] || input.body === Self.nothing.body)
            update.parameter.putBack(
                update.part, isMissing ? compiled.output(update.output, of: call) : input)
        }
    }
}
