package import BraidCore
package import BraidGraph
import BraidOperators

/// Proves a plan by brute force, from the graph and the plan's own words alone: every step reads what
/// the graph says, no value is written while another in the same bytes may still be read, in any order
/// that the dependencies allow, and the listed values are what is there.
///
/// It shares no code with the planner: lifetimes, order and sums are worked out again, slowly.
package struct PlanChecker {
    private let graph: Graph
    private let facts: PlanFacts
    /// Whether one step is before another in every order: the transitive closure of the dependencies.
    private let isBefore: [[Bool]]

    package init(_ graph: Graph, _ plan: ExecutionPlan) { self.init(graph, PlanFacts(plan)) }

    package init(_ graph: Graph, _ facts: PlanFacts) {
        self.graph = graph
        self.facts = facts
        let count = facts.steps.count
        var isBefore = [[Bool]](repeating: Array(repeating: false, count: count), count: count)
        for (later, step) in facts.steps.enumerated() {
            for earlier in step.dependencies where earlier >= 0 && earlier < later {
                for other in 0..<count where isBefore[other][earlier] {
                    isBefore[other][later] = true
                }
                isBefore[earlier][later] = true
            }
        }
        self.isBefore = isBefore
    }

    /// Something that is in memory: written by a step (an input or constant is there from the start),
    /// read by others, and kept to the end if a call returns it.
    private struct Content {
        let title: String
        let writer: Int?
        var readers: Set<Int> = []
        var isKept = false
        let space: Space
        let bytes: Range<Int>
        var listed: (node: Int, role: MemoryPlan.Role)?
        /// For the writer of something else over this: which operand it reads this as.
        var operandsOf: [Int: [Int]] = [:]
    }

    private enum Space: Hashable { case arena, input(Int), constant(Int), output(Int) }

    /// Where a value of the graph is to be found: a content, and the layout within it.
    private struct Located {
        let content: Int
        let dtype: DType
        let layout: Layout
    }

    /// What is wrong with the plan, in words; empty when nothing is.
    package func problems() -> [String] {
        var survey = Survey(graph, facts)
        survey.readSteps()
        survey.readOutputs()
        return survey.problems + order() + overlaps(survey.contents) + listing(survey.contents)
    }

    private func order() -> [String] {
        facts.steps.enumerated().compactMap { index, step in
            step.dependencies.contains { $0 < 0 || $0 >= index }
                ? "step \(index) depends on a step that is not before it" : nil
        }
    }

    /// Whether a step is done before the other begins.
    private func ends(_ earlier: Int, before later: Int?) -> Bool {
        later.map { isBefore[earlier][$0] } ?? false
    }

    private func overlaps(_ contents: [Content]) -> [String] {
        var problems: [String] = []
        for (index, content) in contents.enumerated() {
            if let writer = content.writer {
                for reader in content.readers where reader != writer && !isBefore[writer][reader] {
                    problems.append("\(content.title) is read by step \(reader), maybe too early")
                }
            }
            for other in contents[..<index]
            where other.space == content.space && other.bytes.overlaps(content.bytes) {
                if !isDone(with: other, before: content), !isDone(with: content, before: other) {
                    problems.append("\(other.title) and \(content.title) share bytes")
                }
            }
        }
        return problems
    }

    /// Whether nobody wants a content any more when another is written.
    private func isDone(with old: Content, before new: Content) -> Bool {
        guard let writer = new.writer, !old.isKept, old.writer != writer else { return false }
        return (old.readers.union(old.writer.map { [$0] } ?? [])).allSatisfy { step in
            ends(step, before: writer) || (step == writer && mayOverwrite(old, new, in: step))
        }
    }

    /// Whether the step that reads the one content may write the other over it.
    private func mayOverwrite(_ old: Content, _ new: Content, in step: Int) -> Bool {
        guard old.bytes == new.bytes, case .output(let output)? = new.listed?.role,
            let operands = old.operandsOf[step]
        else { return false }
        let result = facts.steps[step].results[output]
        return operands.allSatisfy { index in
            let operand = facts.steps[step].operands[index]
            return operand.layout == Layout(dense: result.layout.shape)
                && operand.dtype.size == result.dtype.size
                && facts.steps[step].op.mayOverwrite(input: index, with: output)
        }
    }

    /// Whether a content of the arena takes another's place in the step that reads that for the last
    /// time.
    private func overwrites(_ new: Content, _ old: Content) -> Bool {
        guard let writer = new.writer, new.space == .arena, old.space == .arena,
            !new.bytes.isEmpty, old.writer != writer, old.readers.contains(writer)
        else { return false }
        return mayOverwrite(old, new, in: writer)
    }

    /// The listed values against the contents of the arena.
    private func listing(_ contents: [Content]) -> [String] {
        var problems: [String] = []
        let memory = facts.memory
        var unlisted = contents.filter { $0.space == .arena }
        var live = [Int](repeating: 0, count: facts.steps.count)
        for value in memory.values {
            let found = unlisted.firstIndex { content in
                content.writer == value.firstStep && content.listed?.node == value.node
                    && content.listed?.role == value.role
            }
            guard let found else {
                problems.append("\(value) is listed, but not there")
                continue
            }
            let content = unlisted.remove(at: found)
            let occupied = (content.bytes.count + 63) / 64 * 64
            if value.offset != content.bytes.lowerBound || value.byteCount != occupied {
                problems.append("\(content.title) is listed elsewhere: \(value)")
            }
            // What is written over goes on under another name.
            let successor = contents.first { overwrites($0, content) }
            let lastStep =
                successor.map { $0.writer! - 1 } ?? content.readers.max() ?? content.writer!
            if value.lastStep != lastStep {
                problems.append("\(content.title) lasts to step \(lastStep): \(value)")
            }
            if (value.overwrites != nil) != contents.contains(where: { overwrites(content, $0) }) {
                problems.append("\(content.title) overwrites or not: \(value)")
            }
            for step in value.firstStep...max(value.lastStep, value.firstStep) {
                live[step] += occupied
            }
        }
        problems += unlisted.map { "\($0.title) is not listed" }
        let (bound, naive) = (live.max() ?? 0, memory.values.map(\.byteCount).reduce(0, +))
        if memory.boundByteCount != bound { problems.append("the bound is \(bound)") }
        if memory.naiveByteCount != naive { problems.append("the sum is \(naive)") }
        if facts.arenaByteCount != memory.plannedByteCount || facts.arenaByteCount < bound
            || facts.arenaByteCount > naive
        {
            problems.append("\(facts.arenaByteCount) bytes; bound \(bound), sum \(naive)")
        }
        return problems
    }
}

extension PlanChecker {
    /// Walks through the plan beside the graph and notes what is in memory.
    private struct Survey {
        private let graph: Graph
        private let facts: PlanFacts
        private(set) var contents: [Content] = []
        private(set) var problems: [String] = []
        private var locations: [Graph.Value: Located] = [:]

        init(_ graph: Graph, _ facts: PlanFacts) {
            self.graph = graph
            self.facts = facts
            for (index, node) in graph.inputs.enumerated() {
                let input = facts.inputs[index]
                let content = Content(
                    title: "input \(index)", writer: nil, space: .input(index),
                    bytes: 0..<max(input.layout.shape.elementCount * input.dtype.size, 0))
                locations[Graph.Value(node)] = Located(
                    content: contents.count, dtype: input.dtype, layout: input.layout)
                contents.append(content)
            }
            var constants = 0
            for (node, kind) in graph.nodes.map(\.kind).enumerated() {
                guard case .constant(let constant) = kind else { continue }
                if facts.constants[constants] != constant {
                    problems.append("constant \(constants)")
                }
                locations[Graph.Value(node)] = Located(
                    content: contents.count, dtype: constant.type.dtype,
                    layout: Layout(dense: constant.type.shape))
                contents.append(
                    Content(
                        title: "constant \(constants)", writer: nil, space: .constant(constants),
                        bytes: 0..<constant.bytes.count))
                constants += 1
            }
        }

        mutating func readSteps() {
            var next = 0
            // Dense copies by what they are copies of.
            var copies: [(source: PlanFacts.Operand, copy: Located)] = []
            for (position, node) in graph.nodes.enumerated() {
                guard let op = node.op else { continue }
                if type(of: op).traits.contains(.view), let operand = locations[node.inputs[0]],
                    let layout = op.view(of: operand.layout)
                {
                    locations[Graph.Value(position)] = Located(
                        content: operand.content, dtype: operand.dtype, layout: layout)
                    continue
                }
                var expected = node.inputs.map { locations[$0]! }
                // Steps of this node before its own are copies of its operands.
                while next < facts.steps.count, facts.steps[next].node == position,
                    next + 1 < facts.steps.count, facts.steps[next + 1].node == position
                {
                    let step = facts.steps[next]
                    // What was written last: an operand that was copied before may have been in its
                    // place, and is dead.
                    let source = expected.filter { operand($0) == step.operands[0] }
                        .max {
                            (contents[$0.content].writer ?? -1)
                                < (contents[$1.content].writer ?? -1)
                        }
                    if !(step.op is Copy) || source == nil {
                        problems.append("step \(next) copies no operand of node \(position)")
                    }
                    if let source { note(read: source, as: 0, by: next) }
                    let copy = note(
                        result: step.results[0], 0, of: next, role: .denseCopy,
                        title: "dense copy for node \(position)")
                    copies.append((step.operands[0], copy))
                    next += 1
                }
                guard next < facts.steps.count, facts.steps[next].node == position else {
                    problems.append("node \(position) has no step")
                    return
                }
                let step = facts.steps[next]
                if AnyHashable(step.op) != AnyHashable(op) {
                    problems.append("step \(next) is \(step.op), not \(op)")
                }
                if type(of: op).traits.contains(.denseInputs) {
                    for (index, value) in expected.enumerated() where !value.layout.isDense {
                        let source = operand(value)
                        // The latest one: what it is written over is not to be read any more.
                        let copy = copies.last { copy in
                            copy.source == source && operand(copy.copy) == step.operands[index]
                        }
                        if let copy {
                            expected[index] = copy.copy
                        } else {
                            problems.append("step \(next) reads operand \(index) that is not dense")
                        }
                    }
                }
                for (index, value) in expected.enumerated() {
                    if operand(value) != step.operands[index] {
                        problems.append("step \(next) reads the wrong operand \(index)")
                    }
                    note(read: value, as: index, by: next)
                }
                for (index, result) in step.results.enumerated() {
                    locations[Graph.Value(position, index)] = note(
                        result: result, index, of: next, role: .output(index),
                        title: "output \(index) of node \(position)")
                }
                let types = expected.map { TensorType($0.dtype, $0.layout.shape) }
                noteScratch(of: next, byteCount: op.scratchByteCount(for: types.span))
                next += 1
            }
            if next != facts.steps.count { problems.append("steps that no node asks for") }
        }

        mutating func readOutputs() {
            for (index, value) in graph.outputs.enumerated() {
                let located = locations[value]!
                if operand(located) != facts.outputs[index] {
                    problems.append("output \(index) is elsewhere")
                }
                if contents[located.content].space == .arena {
                    problems.append("output \(index) lies in the arena")
                }
                contents[located.content].isKept = true
            }
        }

        private func operand(_ located: Located) -> PlanFacts.Operand {
            let content = contents[located.content]
            let place: ExecutionPlan.Place =
                switch content.space {
                case .arena: .arena(content.bytes.lowerBound)
                case .input(let index): .input(index)
                case .constant(let index): .constant(index)
                case .output(let index): .output(index)
                }
            return PlanFacts.Operand(place: place, dtype: located.dtype, layout: located.layout)
        }

        private mutating func note(read value: Located, as operand: Int, by step: Int) {
            contents[value.content].readers.insert(step)
            contents[value.content].operandsOf[step, default: []].append(operand)
        }

        private mutating func note(
            result: PlanFacts.Operand, _ index: Int, of step: Int, role: MemoryPlan.Role,
            title: String
        ) -> Located {
            let byteCount = result.layout.shape.elementCount * result.dtype.size
            var (space, start) = (Space.arena, 0)
            switch result.place {
            case .arena(let offset):
                start = offset
                if offset < 0 || offset % 64 != 0 || offset + byteCount > facts.arenaByteCount {
                    problems.append("\(title) at \(offset), \(byteCount) bytes")
                }
            case .output(let buffer):
                space = .output(buffer)
                if facts.outputBuffers[buffer].byteCount < byteCount {
                    problems.append("\(title) does not fit buffer \(buffer)")
                }
            case .input(let input):
                space = .input(input)
                // Perhaps in another shape of as many elements.
                let old = facts.inputs[input]
                if old.layout != Layout(dense: old.layout.shape)
                    || old.layout.shape.elementCount * old.dtype.size != byteCount
                {
                    problems.append("\(title) does not fit input \(input)")
                }
            case .constant: problems.append("\(title) overwrites a constant")
            }
            if result.layout != Layout(dense: result.layout.shape) {
                problems.append("\(title) is not dense")
            }
            contents.append(
                Content(
                    title: title, writer: step, space: space, bytes: start..<start + byteCount,
                    listed: (facts.steps[step].node, role)))
            return Located(
                content: contents.count - 1, dtype: result.dtype, layout: result.layout)
        }

        private mutating func noteScratch(of step: Int, byteCount: Int) {
            let scratch = facts.steps[step].scratch
            if scratch.byteCount != byteCount { problems.append("scratch of step \(step)") }
            if byteCount == 0 { return }
            if scratch.offset % 64 != 0 || scratch.offset + byteCount > facts.arenaByteCount {
                problems.append("scratch of step \(step) at \(scratch.offset)")
            }
            contents.append(
                Content(
                    title: "scratch of step \(step)", writer: step, space: .arena,
                    bytes: scratch.offset..<scratch.offset + byteCount,
                    listed: (facts.steps[step].node, .scratch)))
        }
    }
}
