import Braid
import BraidTestSupport
import Testing

/// What becomes of a part that is lent and then replaced, whatever it is replaced by.
struct LoanTests {
    private typealias Change = @Sendable (inout NDArray) -> Void

    private static let changes: [(name: String, body: Change)] = [
        ("nothing", { _ in }),
        ("transposed", { $0 = $0.transposed() }),
        ("transposed twice", { $0 = $0.transposed().transposed() }),
        ("flipped", { $0 = $0.flipped(0) }),
        ("flipped both ways", { $0 = $0.flipped(0, 1) }),
        ("a row of it", { $0 = $0[1].broadcast(to: [3, 3]) }),
        ("an element of it", { $0 = $0[2, 1].broadcast(to: [3, 3]) }),
        ("reshaped", { $0 = $0.reshaped(to: [9]).reshaped(to: [3, 3]) }),
        (
            "reshaped and transposed",
            { $0 = $0.reshaped(to: [9]).reshaped(to: [3, 3]).transposed() }
        ),
        (
            "changed, transposed, changed",
            {
                $0 += 1
                $0 = $0.transposed()
                $0 *= 2
                $0[0] += 5
            }
        ),
        (
            "rows exchanged",
            {
                let first = $0[0]
                $0[0] = $0[2]
                $0[2] = first
            }
        ),
        (
            "a copy of before",
            {
                let before = $0
                $0 += 1
                $0 = before
            }
        ),
        (
            "a copy of before, transposed",
            {
                let before = $0
                $0 += 1
                $0 = before.transposed() + $0
            }
        ),
        ("cast there and back", { $0 = $0.cast(to: .f64).cast(to: .f32).transposed() }),
        ("part of a part", { part in { (v: inout NDArray) in v = v.flipped(0) }(&part[1]) }),
        ("another array", { $0 = .full([3, 3], 7) }),
    ]

    private static func changed(_ body: Change, _ x: NDArray) -> NDArray {
        var x = x + 0
        body(&x[1])
        return x
    }

    @Test(arguments: changes.indices)
    func whatIsLeftIsWhatWasAssigned(_ index: Int) throws {
        let (name, body) = Self.changes[index]
        let x = NDArray((0..<27).map(Float.init), shape: [3, 3, 3])
        var part = x[1] + 0
        body(&part)
        let expected =
            try x[0].scalars(as: Float.self) + part.scalars(as: Float.self)
            + x[2].scalars(as: Float.self)
        func check(_ result: NDArray, _ context: String) throws {
            #expect(try result.scalars(as: Float.self) == expected, "\(name), \(context)")
        }
        try check(Self.changed(body, x), "plain")
        try check(try validating { Self.changed(body, x) }, "validating")
        try check(hybridize { Self.changed(body, $0) }(x), "hybridized")
        let parameter = Parameter(x)
        try check(Autograd.record { Self.changed(body, parameter.wrappedValue) }, "recorded")
        parameter.update { body(&$0[1]) }
        try check(parameter.wrappedValue, "parameter")
        // Without a copy of the whole.
        var own = x + 0
        let snapshot = own
        body(&own[1])
        try check(own, "with a snapshot")
        try #expect(snapshot.scalars(as: Float.self) == x.scalars(as: Float.self), "\(name)")
    }

    /// Parts of the same array by other ways than the loan.
    @Test func otherElementsOfTheSameStorage() throws {
        var x = NDArray((0..<12).map(Float.init), shape: [3, 4])
        let whole = x
        func replace(_ part: inout NDArray) { part = whole[2] }
        replace(&x[0])
        #expect(try x.scalars(as: Float.self) == [8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11])
        #expect(try whole.scalars(as: Float.self) == (0..<12).map(Float.init))
        var y = x
        y[1] = x[0]
        y[0] = y[2]
        x[0] = y[1]
        #expect(try y.scalars(as: Float.self) == [8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11])
        #expect(try x[0].scalars(as: Float.self) == [8, 9, 10, 11])
    }

    @Test func replacementsMakeNoCopyOfTheWhole() throws {
        var x = NDArray((0..<27).map(Float.init), shape: [3, 3, 3])
        try Runtime.waitAll()
        let copies = NDArray.storageCopyCount
        func transpose(_ part: inout NDArray) { part = part.transposed() }
        for _ in 0..<4 { transpose(&x[1]) }
        #expect(NDArray.storageCopyCount == copies)
        #expect(try x.scalars(as: Float.self) == (0..<27).map(Float.init))
    }

    @Test func partsOfAnotherTypeAreRefused() throws {
        for wrong in [NDArray.zeros([3]), .zeros([2, 3, 3]), .zeros([3, 3], dtype: .f64)] {
            var x = NDArray((0..<27).map(Float.init), shape: [3, 3, 3])
            #expect(throws: ArrayError.self) { try validating { x[1] = wrong } }
            #expect(try x.scalars(as: Float.self) == (0..<27).map(Float.init))
        }
    }

    private struct Stop: Error {}

    private static func stop(_ part: inout NDArray, after body: Change) throws {
        body(&part)
        throw Stop()
    }

    /// What code has changed when it throws stays changed, and copies stay what they were.
    @Test(arguments: changes.indices)
    func whatIsLeftByCodeThatThrows(_ index: Int) throws {
        let (name, body) = Self.changes[index]
        let x = NDArray((0..<27).map(Float.init), shape: [3, 3, 3])
        let expected = try Self.changed(body, x).scalars(as: Float.self)
        @Sendable func changed(_ x: NDArray) -> NDArray {
            var x = x + 0
            try? Self.stop(&x[1], after: body)
            return x
        }
        func check(_ result: NDArray, _ context: String) throws {
            #expect(try result.scalars(as: Float.self) == expected, "\(name), \(context)")
        }
        try check(changed(x), "plain")
        try check(try validating { changed(x) }, "validating")
        try check(hybridize { changed($0) }(x), "hybridized")
        let parameter = Parameter(x)
        try check(Autograd.record { changed(parameter.wrappedValue) }, "recorded")
        try? Self.stop(&parameter.wrappedValue[1], after: body)
        try check(parameter.wrappedValue, "parameter")
        let traced = Parameter(x)
        _ = hybridize { (y: NDArray) in
            try? Self.stop(&traced.wrappedValue[1], after: body)
            return y
        }(x)
        try check(traced.wrappedValue, "traced parameter")

        var whole = changed(x)
        let view = whole[1...]
        whole += 1
        #expect(try view.scalars(as: Float.self) == Array(expected[9...]), "\(name)")
        #expect(try whole.scalars(as: Float.self) == expected.map { $0 + 1 }, "\(name)")
    }
}
