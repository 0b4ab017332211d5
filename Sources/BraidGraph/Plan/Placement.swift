import BraidCore

/// A place for every buffer of a lowered graph.
struct Placement {
    /// For each buffer.
    private(set) var places: [ExecutionPlan.Place]
    private(set) var outputBuffers: [TensorType] = []
    private(set) var memory: MemoryPlan

    init(_ lowering: Lowering, _ overwriting: Overwriting, _ reachability: Reachability) {
        let buffers = lowering.buffers
        // A block is a buffer with those that, one after the other, overwrite it; it has the number
        // of the last of them.
        var blocks = Array(buffers.indices)
        for buffer in buffers.indices.reversed() {
            if let earlier = overwriting.overwritten[buffer] { blocks[earlier] = blocks[buffer] }
        }
        places = Array(repeating: .arena(0), count: buffers.count)
        var isPlaced = [Bool](repeating: false, count: buffers.count)
        for (buffer, type) in zip(buffers.indices, buffers.map(\.type)) {
            if let input = overwriting.replacedInputs[buffer] {
                places[buffer] = .input(input)
                isPlaced[buffer] = true
            } else if buffers[buffer].isReturned, let type {
                // Nothing overwrites what is returned: it is the last of its block.
                places[buffer] = .output(outputBuffers.count)
                outputBuffers.append(type)
                isPlaced[buffer] = true
            }
        }

        var accesses = [[Int]](repeating: [], count: buffers.count)
        for buffer in buffers.indices { accesses[blocks[buffer]] += buffers[buffer].accesses }
        let planned = buffers.indices.filter { blocks[$0] == $0 && !isPlaced[$0] }
        var values = Self.values(of: lowering, overwriting) { !isPlaced[blocks[$0]] }
        let packing = ArenaPacking(
            planned.map { block in
                ArenaPacking.Block(
                    byteCount: MemoryPlan.occupied(buffers[block].byteCount),
                    producer: accesses[block].min()!,
                    successors: reachability.followers(ofAll: accesses[block]))
            }, bound: MemoryPlan(values: values.map(\.value), plannedByteCount: 0).boundByteCount)
        for (block, offset) in zip(planned, packing.offsets) { places[block] = .arena(offset) }
        for buffer in buffers.indices { places[buffer] = places[blocks[buffer]] }
        for index in values.indices {
            if case .arena(let offset) = places[values[index].buffer] {
                values[index].value.offset = offset
            }
        }
        memory = MemoryPlan(values: values.map(\.value), plannedByteCount: packing.byteCount)
    }

    /// The values that lie in the arena, at offset 0.
    private static func values(
        of lowering: Lowering, _ overwriting: Overwriting, where isPlanned: (Int) -> Bool
    ) -> [(buffer: Int, value: MemoryPlan.Value)] {
        var successor = [Int?](repeating: nil, count: lowering.buffers.count)
        for (buffer, earlier) in overwriting.overwritten.enumerated() {
            if let earlier { successor[earlier] = buffer }
        }
        var positions: [Int: Int] = [:]
        var values: [(buffer: Int, value: MemoryPlan.Value)] = []
        for (index, buffer) in lowering.buffers.enumerated() where isPlanned(index) {
            let lastStep =
                successor[index].map { lowering.buffers[$0].producer - 1 }
                ?? buffer.users.last ?? buffer.producer
            positions[index] = values.count
            values.append(
                (
                    index,
                    MemoryPlan.Value(
                        node: buffer.node, role: buffer.role, type: buffer.type,
                        byteCount: MemoryPlan.occupied(buffer.byteCount),
                        firstStep: buffer.producer, lastStep: lastStep, offset: 0,
                        overwrites: overwriting.overwritten[index].flatMap { positions[$0] })
                ))
        }
        return values
    }
}
