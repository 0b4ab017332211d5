import Braid
import BraidTestSupport
import Testing

/// A hybridized block whose structure changes is traced anew.
struct StructureTests {
    /// A block that is an object, and that changes.
    private final class Changing: Block, @unchecked Sendable {
        // Changed by one thread, between calls.
        var layers: [any Block<NDArray, NDArray>]
        var factor = 1.0
        var offset: NDArray?
        let note: String

        init(_ layers: [any Block<NDArray, NDArray>], note: String = "") {
            self.layers = layers
            self.note = note
        }

        func forward(_ x: NDArray) -> NDArray {
            let y = layers.reduce(x) { $1.forward($0) } * factor
            return if let offset { y + offset } else { y }
        }
    }

    private let x = NDArray([1, -2, 3] as [Float], shape: [1, 3])

    private func check<Wrapped: Block<NDArray, NDArray>>(
        _ fast: HybridBlock<Wrapped>, _ traceCount: Int, _ comment: Comment
    ) throws {
        let expected = try fast.wrapped.forward(x).scalars(as: Float.self)
        for _ in 0..<2 {
            #expect(try fast(x).scalars(as: Float.self) == expected, comment)
        }
        #expect(fast.traceCount == traceCount, comment)
    }

    @Test func changedObjectsAreTracedAnew() throws {
        let block = Changing([Dense(3, inputs: 3)])
        // Also when it stands somewhere inside.
        let network = Sequential {
            Activation.tanh
            block
        }
        let fast = network.hybridized()
        try check(fast, 1, "as it was")
        block.layers.append(Dense(2, inputs: 3))
        try check(fast, 2, "a block more")
        let last = block.layers[1]
        block.layers[1] = Dense(2, inputs: 3)
        try check(fast, 3, "a block replaced by one of the same type")
        block.layers[1] = last
        try check(fast, 3, "the known block again")
        block.factor = 2
        try check(fast, 4, "an attribute")
        block.layers[0] = Activation.relu
        try check(fast, 5, "another type")
        block.layers.removeLast()
        try check(fast, 6, "a block less")
        block.offset = x
        try check(fast, 7, "an array more")
        block.offset = x * 2
        try check(fast, 8, "another array")
        block.layers = [Lambda { $0 * 2 }]
        try check(fast, 9, "a function")
        block.layers = [Lambda { $0 * 3 }]
        try check(fast, 10, "another function")
        #expect(fast.parameters.isEmpty)
    }

    @Test func objectsThatStayAreTracedOnce() throws {
        let inner = Changing([Dense(3, inputs: 3)], note: "inner")
        let fast = Changing([inner, inner.hybridized()], note: "outer").hybridized()
        for _ in 0..<3 { try check(fast, 1, "unchanged") }
        inner.layers.append(Activation.sigmoid)
        try check(fast, 2, "changed deep inside")
    }

    /// Values of parameters are no structure; objects that refer to each other are no trouble.
    @Test func valuesMayChange() throws {
        let dense = Dense(3, inputs: 3)
        let block = Changing([dense])
        let fast = block.hybridized()
        try check(fast, 1, "as it was")
        dense.$weight.update { $0 *= 2 }
        dense.bias!.wrappedValue = NDArray([1, 2, 3] as [Float])
        try check(fast, 1, "other values")
    }

    /// An object that is no block, and a block that gets another one.
    private final class Factor: Sendable {
        let value: Double
        init(_ value: Double) { self.value = value }
    }
    private final class Scaled: Block, @unchecked Sendable {
        // Changed by one thread, between calls.
        var factor = Factor(0)
        func forward(_ x: NDArray) -> NDArray { x * factor.value }
    }

    /// An object that comes to lie where one lay that is gone is another one.
    @Test func objectsAtReusedAddressesAreToldApart() throws {
        let block = Scaled()
        let fast = block.hybridized()
        for value in 0..<100 {
            block.factor = Factor(Double(value))
            #expect(try fast(x).scalars(as: Float.self) == [1, -2, 3].map { $0 * Float(value) })
        }
    }

    @Test func rowsInsideEachOtherAreLimited() throws {
        var row = Sequential([])
        let error = #expect(throws: ArrayError.self) {
            try validating { for _ in 0..<100_000 { row = Sequential([row]) } }
        }
        #expect(error?.description.contains("10001 rows") == true, "\(error!)")
    }

    /// A block in a block.
    private struct Nest: Block {
        let inner: (any Block<NDArray, NDArray>)?
        func forward(_ x: NDArray) -> NDArray { inner.map { $0(x) } ?? x + 1 }
    }

    /// Blocks nested deep work, or are refused with a message: hybridized, called, and asked for their
    /// parameters. The thread sanitizer's own stack ends before 10,000.
    @Test(arguments: TestCounts.isLight ? [10, 1_000] : [10, 1_000, 10_000])
    func deepNestingWorksOrIsTold(_ depth: Int) throws {
        let told = LockedBox<[String]>([])
        parallel(1, stackByteCount: 8 << 20) { _ in
            var block = Nest(inner: nil)
            for _ in 0..<depth { block = Nest(inner: block) }
            let nested = block
            let input = NDArray([1, -2, 3] as [Float], shape: [1, 3])
            for use: () -> [Float]? in [
                { try? nested(input).scalars(as: Float.self) },
                { try? nested.hybridized()(input).scalars(as: Float.self) },
                { nested.parameters.isEmpty ? [2, -1, 4] : nil },
            ] {
                do {
                    let result = try validating { use() }
                    #expect(result == [2, -1, 4])
                } catch {
                    told.change { $0.append("\(error)") }
                }
            }
        }
        if depth <= 1_000 { #expect(told.value.isEmpty, "\(told.value)") }
        for message in told.value {
            #expect(message.contains("stack") || message.contains("10000 deep"), "\(message)")
        }
    }
}
