import BraidCore
import Testing

/// Mistakes inside `validating`, and the other scopes.
@Suite struct ValidationTests {
    private struct Other: Error {}
    private let x = Symbol.variable("x", .f32, [2, 5])

    @Test func theFirstMistakeIsThrownAtTheEnd() {
        var reachedTheEnd = false
        let error = #expect(throws: ArrayError.self) {
            try validating {
                let y = Symbol.apply(Probe(axis: 3), x)
                // Operators go on with a value of the best-guess type.
                #expect(y.type == x.type)
                _ = Symbol.apply(Probe(axis: 7), y)
                reachedTheEnd = true
            }
        }
        #expect(reachedTheEnd)
        #expect(error?.code == .invalidAxis)
        #expect(
            error?.description
                == "probe: axis 3 is out of range for shape [2, 5]; expected -2..<2 "
                + "(operand: 'x')")
    }

    @Test func withoutAMistakeTheResultIsReturned() throws {
        let y = try validating { Symbol.apply(Probe(axis: 1), x) }
        #expect(y.type == x.type)
    }

    @Test func whatTheBodyThrowsIsThrown() {
        #expect(throws: Other.self) { try validating { throw Other() } }
        // A mistake is the cause of what follows it.
        #expect(throws: ArrayError.self) {
            try validating {
                _ = Symbol.apply(Probe(axis: 3), x)
                throw Other()
            }
        }
    }

    @Test func scopesNest() throws {
        try validating {
            #expect(throws: ArrayError.self) {
                try validating { _ = Symbol.apply(Probe(axis: 3), x) }
            }
            _ = Symbol.apply(Probe(axis: 0), x)
        }
        #expect(Scopes.current == nil)
    }

    @Test func modesNest() {
        #expect(Mode.current == .predict)
        withMode(.train) {
            #expect(Mode.current == .train)
            withMode(.predict) { #expect(Mode.current == .predict) }
            #expect(Mode.current == .train)
            _ = try? validating { #expect(Mode.current == .train) }
        }
        #expect(Mode.current == .predict)
    }

    @Test func outsideAMistakeStopsTheProgram() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Symbol.apply(Probe(axis: 3), Symbol.variable("x", .f32, [2, 5]))
        }
        let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(
            message.contains("probe: axis 3 is out of range for shape [2, 5]; expected -2..<2"))
    }
}
