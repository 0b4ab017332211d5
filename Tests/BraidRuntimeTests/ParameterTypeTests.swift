import Braid
import BraidTestSupport
import Testing

/// The type of a parameter never changes, whatever door its value or gradient comes through: compiled code
/// relies on it.
struct ParameterTypeTests {
    private static let wrong: [NDArray] = [
        .zeros([5]), .zeros([3, 1]), .zeros([]), .zeros([3], dtype: .f64),
        .zeros([1 << 10, 1 << 10]), .zeros([0]),
    ]

    /// What sets a value or a gradient.
    private static let doors: [(name: String, body: @Sendable (Parameter, NDArray) -> Void)] = [
        ("setter", { $0.wrappedValue = $1 }),
        ("update", { parameter, array in parameter.update { $0 = array } }),
        ("update by operators", { parameter, array in parameter.update { $0 = $0 * 0 + array } }),
        ("gradient", { $0.gradient = $1 }),
        ("receive", { $0.receive($1) }),
        (
            "receive, add",
            { parameter, array in
                parameter.gradientMode = .add
                parameter.receive(array)
            }
        ),
        ("running average", { $0.moveAverage(toward: $1, momentum: 0.5) }),
        (
            "hybridized setter",
            { parameter, array in
                _ = hybridize { (x: NDArray) -> NDArray in
                    parameter.wrappedValue = x
                    return x
                }(array)
            }
        ),
        (
            "hybridized update",
            { parameter, array in
                _ = hybridize { (x: NDArray) -> NDArray in
                    parameter.update { $0 = x }
                    return x
                }(array)
            }
        ),
        (
            "hybridized gradient",
            { parameter, array in
                _ = hybridize { (x: NDArray) -> NDArray in
                    parameter.gradient = x
                    return x
                }(array)
            }
        ),
    ]

    @Test(arguments: doors.indices)
    func everyDoorRefusesOtherTypes(_ door: Int) throws {
        let (name, body) = Self.doors[door]
        for wrong in Self.wrong {
            let parameter = Parameter(NDArray([1, 2, 3] as [Float]))
            let fast = hybridize { (x: NDArray) in x + parameter.wrappedValue }
            #expect(try fast(.ones([3])).scalars(as: Float.self) == [2, 3, 4])
            // A scalar that is added to or moved towards keeps the type.
            if name == "update by operators" || name == "running average", wrong.count == 1,
                wrong.rank < 2
            {
                continue
            }
            let error = #expect(throws: ArrayError.self, "\(name), \(wrong.type)") {
                try validating { body(parameter, wrong) }
            }
            #expect(error?.message.isEmpty == false)
            #expect(try parameter.wrappedValue.scalars(as: Float.self) == [1, 2, 3], "\(name)")
            #expect(
                parameter.gradient == nil || parameter.gradient!.type == parameter.wrappedValue.type
            )
            #expect(try fast(.ones([3])).scalars(as: Float.self) == [2, 3, 4], "\(name)")
        }
    }

    /// After a mistake inside `validating` there may be nothing that is worth assigning.
    @Test(arguments: doors.indices)
    func nothingIsAssignedAfterAMistake(_ door: Int) throws {
        let parameter = Parameter(NDArray([1, 2, 3] as [Float]))
        #expect(throws: ArrayError.self) {
            try validating {
                let nothing = NDArray.zeros([3]).reshaped(to: [2, 2])
                _ = nothing
                Self.doors[door].body(parameter, .zeros([3]))
            }
        }
        #expect(try parameter.wrappedValue.scalars(as: Float.self) == [1, 2, 3])
        #expect(parameter.gradient == nil)
    }

    @Test func theFirstValueSaysTheShapeOnce() throws {
        let parameter = Parameter()
        #expect(throws: ArrayError.self) { try validating { parameter.gradient = .zeros([2]) } }
        #expect(throws: ArrayError.self) {
            try validating { parameter.update { $0 = .zeros([2]) } }
        }
        #expect(throws: ArrayError.self) { try validating { _ = parameter.wrappedValue } }
        #expect(throws: ArrayError.self) {
            try validating { parameter.wrappedValue = .zeros([2], dtype: .f64) }
        }
        #expect(parameter.shape == nil)
        parameter.wrappedValue = .ones([2])
        #expect(throws: ArrayError.self) { try validating { parameter.wrappedValue = .zeros([3]) } }
        #expect(throws: ArrayError.self) { try validating { parameter.resolve([3], for: "layer") } }
        parameter.initialize(.zeros)
        #expect(parameter.shape == [2])
        #expect(throws: ArrayError.self) { try validating { parameter.wrappedValue = .zeros([3]) } }
        #expect(try parameter.wrappedValue.scalars(as: Float.self) == [0, 0])
    }

    /// Threads that say the shape at the same time agree on one.
    @Test func threadsAgreeOnAShape() throws {
        for _ in 0..<50 {
            let parameter = Parameter()
            parallel(4) { thread in
                _ = try? validating { parameter.wrappedValue = .ones([thread + 1]) }
            }
            #expect(parameter.wrappedValue.shape == parameter.shape)
        }
    }

    /// Two parameters never share what tapes know a value by.
    @Test func updatesThatHandOnAnotherParametersArrayKeepGradientsApart() throws {
        let (a, b) = (
            Parameter(NDArray([1, 2] as [Float])), Parameter(NDArray([0, 0] as [Float]))
        )
        b.update { $0 = a.wrappedValue }
        Autograd.record { (a.wrappedValue * 2 + b.wrappedValue * 3).sum() }.backward()
        #expect(try a.gradient?.scalars(as: Float.self) == [2, 2])
        #expect(try b.gradient?.scalars(as: Float.self) == [3, 3])
    }

    @Test func aValueOfATraceIsRefusedOutside() throws {
        let parameter = Parameter(NDArray([1, 2] as [Float]))
        let kept = LockedBox<NDArray?>(nil)
        _ = hybridize { (x: NDArray) -> NDArray in
            kept.value = x
            return x
        }(.ones([2]))
        let error = #expect(throws: ArrayError.self) {
            try validating { parameter.wrappedValue = kept.value! }
        }
        #expect(error?.description.contains("trace") == true)
        #expect(throws: ArrayError.self) { try validating { parameter.gradient = kept.value! } }
        #expect(throws: ArrayError.self) {
            try validating { parameter.update { $0 = kept.value! } }
        }
        #expect(try parameter.wrappedValue.scalars(as: Float.self) == [1, 2])
    }
}
