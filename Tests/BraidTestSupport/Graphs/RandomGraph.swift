package import BraidCore
import BraidGraph
import BraidOperators

/// A graph of operators drawn from the whole catalogue, with arguments for it.
package struct RandomGraph {
    /// The operators' names.
    package private(set) var drawn: Set<String> = []
    /// The names of the operators that gradients, which are outputs too, flow through.
    package private(set) var differentiated: Set<String> = []
    package let graph: Graph
    package let arguments: [Graph.Constant]

    private static let rows: [(name: String, samples: [Sample])] = Dictionary(
        grouping: Sample.all.filter { !$0.dtypes.isEmpty }
    ) { String($0.description.split(separator: " ")[0]) }
    .map { (name: $0.key, samples: $0.value) }.sorted { $0.name < $1.name }

    /// A graph of about `count` samples; operands are variables, fills, or other values of the graph in
    /// a new shape.
    /// - Parameter hasGradients: whether gradients of some outputs are outputs too.
    package init(_ count: Int, hasGradients: Bool, _ generator: inout SeededGenerator) {
        var pool = Pool()
        for _ in 0..<count {
            let row = generator.pick(Self.rows)
            let sample = generator.pick(row.samples)
            let floating = sample.dtypes.filter(\.isComputedFloating)
            let dtype = generator.pick(
                floating.isEmpty || generator.oneIn(3) ? sample.dtypes : floating)
            let call = sample.make(dtype, generator.oneIn(3) ? .any : .small, &generator)
            let operands = call.inputs.map { pool.operand($0, &generator) }
            pool.apply(call.op, operands)
            // Twice the same, also in part, is for common subexpressions.
            if generator.oneIn(5) { pool.apply(call.op, operands) }
            drawn.insert(row.name)
        }
        var outputs = (0..<generator.int(1...4)).map { _ in generator.pick(pool.values) }
        outputs.append(pool.values.last!)
        if hasGradients {
            differentiated = pool.operatorsBetweenVariables(and: outputs)
            outputs += pool.gradients(of: outputs, &generator)
        }
        graph = pool.graph(of: outputs)
        arguments = pool.arguments.map(\.constant)
    }

    /// A graph of `count` pointwise operators on values of one shape, or such that broadcast to it,
    /// which all may fuse: values are used many times, inside and outside.
    package init(pointwise count: Int, _ generator: inout SeededGenerator) {
        var pool = Pool()
        let shape: Shape = generator.pick([[], [7], [3, 5], [2, 1, 4], [300], [2, 150]])
        let rows = Self.rows.filter { row in
            row.name != Fill.name && row.samples.contains { $0.isPointwise }
        }
        for _ in 0..<count {
            let sample = generator.pick(generator.pick(rows).samples)
            let dtypes = sample.dtypes.filter { [.f32, .i32, .bool].contains($0) }
            guard let dtype = dtypes.randomElement(using: &generator) else { continue }
            let call = sample.make(dtype, .small, &generator)
            let operands = call.inputs.map { input in
                let own = generator.oneIn(6) ? generator.broadcastable(to: shape) : shape
                let domain = Domain(low: -2, high: 2)
                return pool.operand(
                    generator.array(input.dtype, own, domain, .any), reuse: 8, &generator)
            }
            pool.apply(call.op, operands)
        }
        let values = pool.values.filter { $0.shape == shape }
        let sums = values.suffix(3).map { $0.cast(to: .f32).sum() }
        graph = pool.graph(
            of: sums + (0..<2).compactMap { _ in values.randomElement(using: &generator) })
        arguments = pool.arguments.map(\.constant)
    }

    /// What a graph under construction has.
    private struct Pool {
        private(set) var values: [Symbol] = []
        private(set) var variables: [Symbol] = []
        private(set) var arguments: [HostArray] = []

        mutating func apply(_ op: any Operator, _ operands: [Symbol]) {
            let taken = Self.taken(operands, by: op)
            func apply<O: Operator>(_ op: O) -> [Symbol] { Symbol.applyAll(op, to: taken) }
            values += apply(op)
        }

        /// The operands, of which those that the operator looks at are brought into their range.
        private static func taken(_ operands: [Symbol], by op: any Operator) -> [Symbol] {
            let types = operands.map(\.type)
            return operands.enumerated().map { number, operand in
                let bound =
                    op is RangeCheck ? 50 : op.indexBound(ofInput: number, for: types.span)
                guard let bound else { return operand }
                return operand.cast(to: .i64).clamped(to: 0...Double(max(bound - 1, 0)))
                    .cast(to: operand.dtype)
            }
        }

        private mutating func variable(_ array: HostArray) -> Symbol {
            let variable = Symbol.variable("\(variables.count)", array.dtype, array.shape)
            variables.append(variable)
            arguments.append(array)
            values.append(variable)
            return variable
        }

        /// A value of the array's type: in all but one of `reuse` cases one that there is, as far as
        /// there is one.
        mutating func operand(
            _ array: HostArray, reuse: Int = 2, _ generator: inout SeededGenerator
        ) -> Symbol {
            let alike = values.filter { $0.type == array.type }
            if !alike.isEmpty, !generator.oneIn(reuse) { return generator.pick(alike) }
            if generator.oneIn(8) {
                return .full(array.shape, Double(generator.int(0...1)), dtype: array.dtype)
            }
            if values.isEmpty || generator.oneIn(3) { return variable(array) }
            return generator.pick(values).converted(to: array.type, &generator)
        }

        func graph(of outputs: [Symbol]) -> Graph {
            Graph(
                computing: outputs, from: variables, names: variables.indices.map { "\($0)" })
        }

        /// The operators whose gradient rules are asked when outputs are differentiated.
        func operatorsBetweenVariables(and outputs: [Symbol]) -> Set<String> {
            let heads = outputs.filter(\.dtype.isComputedFloating)
            let order = TopologicalOrder(of: heads)
            func position(_ symbol: Symbol) -> Int { order.position(of: symbol.node)! }
            func flows(through node: Node) -> (any Operator)? {
                guard case .operation(let op) = node.kind,
                    !type(of: op).traits.contains(.notDifferentiable)
                else { return nil }
                return op
            }
            var dependsOnVariable = [Bool](repeating: false, count: order.nodes.count)
            for (index, node) in order.nodes.enumerated() {
                dependsOnVariable[index] =
                    if case .variable = node.kind {
                        node.types[0].dtype.isComputedFloating
                    } else {
                        flows(through: node) != nil
                            && node.inputs.contains { dependsOnVariable[position($0)] }
                    }
            }
            var isReached = [Bool](repeating: false, count: order.nodes.count)
            for head in heads { isReached[position(head)] = true }
            var names: Set<String> = []
            for (index, node) in order.nodes.enumerated().reversed()
            where isReached[index] && dependsOnVariable[index] {
                guard let op = flows(through: node) else { continue }
                names.insert(type(of: op).name)
                for input in node.inputs { isReached[position(input)] = true }
            }
            return names
        }

        /// Gradients of the outputs that have some, with variables for cotangents.
        mutating func gradients(
            of outputs: [Symbol], _ generator: inout SeededGenerator
        ) -> [Symbol] {
            let heads = outputs.filter(\.dtype.isComputedFloating)
            let targets = variables.filter(\.dtype.isComputedFloating)
            let cotangents = heads.map { head in
                variable(generator.array(head.dtype, head.shape, Domain(low: -1, high: 1), .small))
            }
            return BraidGraph.gradients(of: heads, cotangents: cotangents, at: targets)
                .compactMap(\.self)
        }
    }
}

extension Sample {
    /// Whether the row's operators are pointwise.
    package var isPointwise: Bool {
        var generator = SeededGenerator(seed: 1)
        return dtypes.first.map {
            make($0, .small, &generator).op is any PointwiseOperator
        } ?? false
    }
}

extension Symbol {
    /// Elements of this value, repeated or left out as needed, as a value of another type: a chain of
    /// views.
    fileprivate func converted(
        to type: TensorType, _ generator: inout SeededGenerator
    ) -> Symbol {
        if count == 0 { return .full(type.shape, 1, dtype: type.dtype) }
        var flat = reshaped(to: [count])
        if count < type.count {
            let copies = (type.count + count - 1) / count
            flat = flat.broadcast(to: [copies, count]).reshaped(to: [copies * count])
        }
        let room = flat.count - type.count
        let start = generator.int(0...room)
        let step =
            type.count > 1 && generator.oneIn(2) ? 1 + (room - start) / (type.count - 1) : 1
        let axis = StridedSlice.Axis(start: start, count: type.count, step: step, isDropped: false)
        let part = Symbol.apply(StridedSlice(axes: [axis]), flat)
        let shaped =
            generator.oneIn(2)
            ? part.reshaped(to: type.shape.extents)
            : part.reshaped(to: type.shape.extents.reversed()).transposed()
        return generator.oneIn(4) && dtype.isFloating
            ? Symbol.apply(StopGradient(), shaped.cast(to: type.dtype))
            : shaped.cast(to: type.dtype)
    }
}
