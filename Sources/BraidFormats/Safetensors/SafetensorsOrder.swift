/// The order of tensors in a file.
///
/// The format leaves no gaps, so alignment follows from the order alone. First come the tensors whose
/// size is a multiple of 64 bytes, all aligned to 64. The others follow by element size, the largest
/// first, so that each is aligned at least to its elements; among equals, an aligned place goes to
/// the largest that is left, and any other place to the smallest that makes the next one aligned, or
/// else to the smallest.
enum SafetensorsOrder {
    static func arrange(_ tensors: [SafetensorsWriter.Tensor]) -> [SafetensorsWriter.Tensor] {
        let byName = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var order = byName.filter { $0.byteCount % SafetensorsWriter.alignment == 0 }
        var excess = 0
        for elementSize in [8, 4, 2, 1] {
            // By what a tensor adds to the misalignment, each list by size, then (as sorting is
            // stable) by name.
            var lists = [[SafetensorsWriter.Tensor]](
                repeating: [], count: SafetensorsWriter.alignment)
            for tensor in byName where tensor.elementSize == elementSize {
                let own = tensor.byteCount % SafetensorsWriter.alignment
                if own != 0 { lists[own].append(tensor) }
            }
            for index in lists.indices {
                lists[index].sort { $0.byteCount < $1.byteCount }
            }
            while let next = take(from: &lists, excess: excess) {
                order.append(next)
                excess = (excess + next.byteCount) % SafetensorsWriter.alignment
            }
        }
        return order
    }

    private static func take(
        from lists: inout [[SafetensorsWriter.Tensor]], excess: Int
    ) -> SafetensorsWriter.Tensor? {
        let filled = lists.indices.filter { !lists[$0].isEmpty }
        if excess == 0 {
            let largest = filled.max {
                lists[$0].last!.byteCount < lists[$1].last!.byteCount
            }
            return largest.map { lists[$0].removeLast() }
        }
        let restoring = SafetensorsWriter.alignment - excess
        if !lists[restoring].isEmpty { return lists[restoring].removeFirst() }
        let smallest = filled.min {
            lists[$0].first!.byteCount < lists[$1].first!.byteCount
        }
        return smallest.map { lists[$0].removeFirst() }
    }
}
