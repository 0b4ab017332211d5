import BraidCore

/// A function of single elements, for floating-point numbers and for integers.
struct ElementFunction: Sendable {
    let real: @Sendable (Double, Double) -> Double
    let integer: (@Sendable (Int128, Int128) -> Int128)?

    /// A function of two operands; of one, the second repeats the first.
    init(
        _ real: @escaping @Sendable (Double, Double) -> Double,
        integer: (@Sendable (Int128, Int128) -> Int128)?
    ) {
        self.real = real
        self.integer = integer
    }

    func callAsFunction(_ elements: [HostElement]) -> HostElement {
        let (first, second) = (elements[0], elements[elements.count - 1])
        if case .integer = first, let integer {
            return .integer(integer(first.integer, second.integer))
        }
        return .real(real(first.real, second.real))
    }
}

/// Broadcasts operands and applies a function at each index.
func pointwise(
    _ inputs: [HostArray], _ dtype: DType, _ function: ([HostElement]) -> HostElement
) -> HostArray {
    if Set(inputs.map(\.shape)).count == 1 {
        return HostArray(
            TensorType(dtype, inputs[0].shape),
            inputs[0].elements.indices.map { position in
                function(inputs.map { $0.elements[position] })
            })
    }
    let shape = broadcastShape(inputs.map(\.shape))
    return HostArray(TensorType(dtype, shape)) { index in
        function(inputs.map { $0.broadcastElement(at: index) })
    }
}

/// The shape that all broadcast to, dimension by dimension from the end.
private func broadcastShape(_ shapes: [Shape]) -> Shape {
    let rank = shapes.map(\.rank).max() ?? 0
    return Shape(
        (0..<rank).map { axis in
            let extents = shapes.compactMap { shape -> Int? in
                let own = axis - (rank - shape.rank)
                return own >= 0 ? shape[own] : nil
            }
            return extents.first { $0 != 1 } ?? 1
        })
}

extension SeededGenerator {
    /// Operands that broadcast against each other.
    mutating func operands(
        _ count: Int, _ dtype: DType, _ domains: [Domain], _ size: CaseSize
    ) -> [HostArray] {
        let shape = shape(0...(size == .large ? 3 : 4), size)
        // A large operand stays whole, so that the result is large.
        let whole = int(0...count - 1)
        return (0..<count).map { position in
            let own = position == whole ? shape : broadcastable(to: shape)
            return array(dtype, own, domains[position % domains.count], size)
        }
    }
}
