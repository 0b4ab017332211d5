/// Lists of different lengths, one after the other in one array.
struct ListTable<Element: Sendable>: Sendable {
    private let starts: ContiguousArray<Int32>
    let elements: ContiguousArray<Element>

    init(_ lists: [[Element]]) {
        var starts: ContiguousArray<Int32> = [0]
        starts.reserveCapacity(lists.count + 1)
        var elements: ContiguousArray<Element> = []
        elements.reserveCapacity(lists.reduce(0) { $0 + $1.count })
        for list in lists {
            elements += list
            starts.append(Int32(elements.count))
        }
        self.starts = starts
        self.elements = elements
    }

    /// Where a list lies among the elements.
    func range(_ list: Int) -> Range<Int> { Int(starts[list])..<Int(starts[list + 1]) }

    subscript(list: Int) -> ArraySlice<Element> { ArraySlice(elements[range(list)]) }
}
