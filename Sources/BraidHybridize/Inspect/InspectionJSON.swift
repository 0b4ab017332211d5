import Braid

/// An inspection for programs: one object.
struct InspectionJSON {
    let inspection: Inspection

    private var options: OptimizationOptions { inspection.model.options }

    var json: JSON {
        .object([
            ("file", .string(inspection.path)), ("signature", inspection.model.signature.json),
            (
                "metadata",
                .object(
                    inspection.model.metadata.sorted { $0.key < $1.key }
                        .map { ($0.key, .string($0.value)) })
            ),
            ("disabled_passes", .array(options.disabledPasses.sorted().map { .string($0) })),
            ("exact", .bool(options.isExact)),
            ("traced_nodes", JSON(inspection.model.graph.nodes.count)),
            ("passes", .array(inspection.compiled.passes.map(json))),
            ("nodes", .array(inspection.graph.nodes.indices.map(node))),
            ("outputs", .array(inspection.graph.outputs.map(json))),
            ("steps", .array(inspection.plan.steps.map(json))),
            ("memory", memory),
        ])
    }

    private func json(_ record: PassRecord) -> JSON {
        .object([
            ("name", .string(record.pass)), ("summary", .string(record.summary)),
            ("nodes_before", JSON(record.nodesBefore)), ("nodes_after", JSON(record.nodesAfter)),
        ])
    }

    private func node(_ position: Int) -> JSON {
        let node = inspection.graph.nodes[position]
        var members: [(String, JSON)] = []
        switch node.kind {
        case .input(let name, let isRandomKey):
            members.append(("input", .string(name)))
            if isRandomKey { members.append(("random_key", .bool(true))) }
        case .constant(let constant): members.append(("constant_bytes", JSON(constant.bytes.count)))
        case .operation(let op):
            members.append(("op", .string(type(of: op).name)))
            members.append(("attributes", (try? JSON(encoding: op)) ?? .null))
        }
        members.append(("inputs", .array(node.inputs.map(json))))
        members.append(("types", .array(node.types.map { .object(json($0)) })))
        return .object(members)
    }

    private func json(_ type: TensorType) -> [(String, JSON)] {
        [
            ("dtype", .string(type.dtype.description)),
            ("shape", .array(type.shape.extents.map { JSON($0) })),
        ]
    }

    private func json(_ value: Graph.Value) -> JSON {
        .object([("node", JSON(value.node)), ("output", JSON(value.output))])
    }

    private func json(_ step: ExecutionPlan.Step) -> JSON {
        .object([
            ("node", JSON(step.node)), ("op", .string(type(of: step.op).name)),
            ("dependencies", .array(step.dependencies.map { JSON($0) })),
        ])
    }

    private var memory: JSON {
        let memory = inspection.plan.memory
        return .object([
            ("naive_bytes", JSON(memory.naiveByteCount)),
            ("planned_bytes", JSON(memory.plannedByteCount)),
            ("bound_bytes", JSON(memory.boundByteCount)),
            ("values", .array(memory.values.map(json))),
        ])
    }

    private func json(_ value: MemoryPlan.Value) -> JSON {
        .object(
            [
                ("node", JSON(value.node)), ("role", .string(value.role.label)),
                ("bytes", JSON(value.byteCount)), ("offset", JSON(value.offset)),
                (
                    "lifetime",
                    .object([("first", JSON(value.firstStep)), ("last", JSON(value.lastStep))])
                ),
                ("overwrites", value.overwrites.map { JSON($0) } ?? .null),
            ] + (value.type.map(json) ?? []))
    }
}

extension JSON {
    init(_ integer: Int) { self = .integer(Int64(integer)) }
}
