/// Offsets in one arena for blocks of memory that are needed at different times.
struct ArenaPacking {
    /// Memory that one step begins to use and others go on to use.
    struct Block {
        let byteCount: Int
        /// The step that writes the block first.
        let producer: Int
        /// The steps that come, in every order, after all that use the block.
        let successors: StepSet
    }

    /// Blocks in use at once up to which gaps between them are looked for.
    private static let searchLimit = 1 << 13

    private(set) var offsets: [Int]
    private(set) var byteCount = 0

    /// Packs the blocks. Finding the smallest arena is NP-hard; this places one block after the other
    /// into the smallest gap that holds it, in two orders that each are good for many graphs, and
    /// keeps the better: in the order of the steps, and large blocks first. The second takes time quadratic
    /// in the number of blocks: beyond some thousands it is left out, and beyond some thousands in use at
    /// once a block goes behind all others.
    /// - Parameter bound: bytes that no packing can do without.
    init(_ blocks: [Block], bound: Int) {
        offsets = Array(repeating: 0, count: blocks.count)
        placeInStepOrder(blocks)
        if byteCount == bound || blocks.count > Self.searchLimit { return }
        var other = self
        other.placeInSizeOrder(blocks)
        if other.byteCount < byteCount { self = other }
    }

    private mutating func placeInSizeOrder(_ blocks: [Block]) {
        let order = blocks.indices.sorted {
            (-blocks[$0].byteCount, blocks[$0].producer, $0)
                < (-blocks[$1].byteCount, blocks[$1].producer, $1)
        }
        byteCount = 0
        // By offset.
        var placed: [Int] = []
        placed.reserveCapacity(blocks.count)
        for index in order { place(index, of: blocks, among: &placed) }
    }

    /// Blocks that were used up in earlier windows of steps are looked at no more.
    private mutating func placeInStepOrder(_ blocks: [Block]) {
        let order = blocks.indices.sorted {
            (blocks[$0].producer, -blocks[$0].byteCount, $0)
                < (blocks[$1].producer, -blocks[$1].byteCount, $1)
        }
        var placed: [Int] = []
        var window = -1
        for index in order {
            let producer = blocks[index].producer
            let next = producer / blocks[index].successors.window.count
            if next != window {
                placed.removeAll { blocks[$0].successors.containsAll(from: producer) }
                window = next
            }
            if placed.count < Self.searchLimit {
                place(index, of: blocks, among: &placed)
            } else {
                offsets[index] = byteCount
                byteCount += blocks[index].byteCount
                placed.append(index)
            }
        }
    }

    private mutating func place(_ index: Int, of blocks: [Block], among placed: inout [Int]) {
        let block = blocks[index]
        // Gaps between blocks that are in use at the same time; the last one has no end.
        var end = 0
        var best: (offset: Int, room: Int)?
        for other in placed where Self.conflict(block, blocks[other]) {
            let room = offsets[other] - end
            if room >= block.byteCount, room < best?.room ?? .max { best = (end, room) }
            end = max(end, offsets[other] + blocks[other].byteCount)
        }
        let offset = best?.offset ?? end
        offsets[index] = offset
        byteCount = max(byteCount, offset + block.byteCount)
        placed.insert(index, at: insertionPoint(offset, in: placed))
    }

    /// Whether some order of the steps has both blocks in use at once.
    private static func conflict(_ a: Block, _ b: Block) -> Bool {
        !a.successors.contains(b.producer) && !b.successors.contains(a.producer)
    }

    private func insertionPoint(_ offset: Int, in placed: [Int]) -> Int {
        var (low, high) = (0, placed.count)
        while low < high {
            let middle = (low + high) / 2
            if offsets[placed[middle]] <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
