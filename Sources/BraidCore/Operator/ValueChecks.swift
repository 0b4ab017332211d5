import Synchronization

/// Looking for values that an operator does not take.
extension KernelContext {
    /// Elements that one piece of a search looks at: by shape alone, and enough to be worth a hand-over.
    private static let searchLength = 1 << 16

    /// The lowest position below `count` that `find` reports; pieces are looked through on the pool, and
    /// combined by minimum.
    /// - Parameter find: the lowest such position in a range.
    public func lowestPosition(of count: Int, _ find: (Range<Int>) -> Int?) -> Int? {
        let length = Self.searchLength
        if count <= length { return find(0..<count) }
        let lowest = Atomic<Int>(.max)
        parallelFor((count + length - 1) / length) { piece in
            let start = piece * length
            // Behind what was found nothing matters.
            if start > lowest.load(ordering: .relaxed) { return }
            if let position = find(start..<Swift.min(start + length, count)) {
                _ = lowest.min(position, ordering: .relaxed)
            }
        }
        let position = lowest.load(ordering: .relaxed)
        return position == .max ? nil : position
    }

    /// The number and the value of the first integer, in row-major order, of an input that is outside a
    /// range; nil also for an input that is not of integers.
    public func firstInteger(
        ofInput number: Int, outside range: Range<Int>
    ) -> (element: Int, value: Int)? {
        let input = inputs[number]
        func search<T: FixedWidthInteger>(_ type: T.Type) -> (element: Int, value: Int)? {
            let found = lowestPosition(of: input.type.count) { part in
                input.firstElement(in: part, as: type) { !range.contains(Int(clamping: $0)) }
            }
            return found.map { ($0, Int(clamping: input.element($0, as: type))) }
        }
        return switch input.dtype {
        case .i8: search(Int8.self)
        case .i16: search(Int16.self)
        case .i32: search(Int32.self)
        case .i64: search(Int64.self)
        case .u8: search(UInt8.self)
        case .u16: search(UInt16.self)
        case .u32: search(UInt32.self)
        case .u64: search(UInt64.self)
        default: nil
        }
    }
}

extension Operator {
    /// Passes when the inputs that have an `indexBound` hold indices below it.
    /// - Throws: `ArrayError`, as `gathered: index -1 at position [2, 0] is outside 0..<10`.
    public func checkValues(_ context: borrowing KernelContext) throws(ArrayError) {
        let bounds = indexBounds(context)
        for (input, bound) in bounds {
            guard let found = context.firstInteger(ofInput: input, outside: 0..<bound) else {
                continue
            }
            let place = context.inputs[input].coordinates(of: found.element)
            throw ArrayError(
                .invalidIndex, in: title,
                "index \(found.value) at position \(place) is outside 0..<\(bound)")
        }
    }

    private func indexBounds(
        _ context: borrowing KernelContext
    ) -> [(input: Int, bound: Int)] {
        let types = context.inputs.map(\.type)
        return types.indices.compactMap { input in
            indexBound(ofInput: input, for: types.span).map { (input, $0) }
        }
    }
}

extension TensorView {
    /// The coordinates of an element given by its number in row-major order.
    public func coordinates(of element: Int) -> [Int] {
        var rest = element
        var coordinates: [Int] = []
        for extent in shape.extents.reversed() {
            coordinates.append(rest % extent)
            rest /= extent
        }
        return coordinates.reversed()
    }

    /// The element of a number in row-major order.
    @inlinable
    public func element<T>(_ number: Int, as type: T.Type) -> T {
        let elements = address.assumingMemoryBound(to: type)
        if isDense { return elements[number] }
        let (shape, strides) = (shape, strides)
        var (rest, offset) = (number, 0)
        for axis in (0..<shape.rank).reversed() {
            let (quotient, index) = rest.quotientAndRemainder(dividingBy: shape[axis])
            offset += index * strides[axis]
            rest = quotient
        }
        return elements[offset]
    }

    /// The first number in a range of elements for which a condition holds.
    @inlinable
    public func firstElement<T>(
        in range: Range<Int>, as type: T.Type, where isWanted: (T) -> Bool
    ) -> Int? {
        if isDense {
            let elements = address.assumingMemoryBound(to: type)
            return range.first { isWanted(elements[$0]) }
        }
        return range.first { isWanted(element($0, as: type)) }
    }
}
