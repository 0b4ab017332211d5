package import BraidCore
import BraidEngine
import BraidOperators
import Synchronization

extension NDArray {
    /// How often a mutation had to copy storage that something else could still read.
    private static let storageCopies = Atomic<Int>(0)

    /// As counted so far in the process.
    package static var storageCopyCount: Int { storageCopies.load(ordering: .relaxed) }

    /// Whether a mutation may happen in place.
    private var isUnique: Bool {
        mutating get { isKnownUniquelyReferenced(&body) && body.hasOneHandle }
    }

    /// Whether no copy shares the body.
    mutating func hasOwnBody() -> Bool { isKnownUniquelyReferenced(&body) }

    /// Makes ready for new elements in all of the storage, if the array is of this type and layout and
    /// the storage its own.
    /// - Returns: whether it is.
    mutating func reuse(as type: TensorType, _ layout: Layout) -> Bool {
        guard self.type == type, body.layout == layout, storage.byteCount >= type.byteCount,
            isUnique
        else { return false }
        // The value that tapes know is gone.
        body.valueID.store(0, ordering: .relaxed)
        return true
    }

    /// Makes the storage this array's own and the elements dense; the contents stay.
    /// - Throws: `ArrayError` when there is no memory for a copy; the array is what it was.
    mutating func makeUniqueAndDense() throws(ArrayError) {
        if !body.isDense {
            self = try denselyOrThrow()
        } else if !isUnique {
            let copy = try denselyOrThrow()
            Self.storageCopies.wrappingAdd(1, ordering: .relaxed)
            self = copy
        }
        body.valueID.store(0, ordering: .relaxed)
    }

    /// Makes the storage this array's own; the contents stay.
    mutating func makeUnique() {
        if !isUnique {
            Self.storageCopies.wrappingAdd(1, ordering: .relaxed)
            body = densely().body
        }
        // The value that tapes know is gone after the mutation that follows.
        body.valueID.store(0, ordering: .relaxed)
    }

    /// This array, or a dense copy when the elements do not stand in row-major order.
    package func dense() -> NDArray { body.isDense ? self : densely() }

    /// A dense copy with storage of its own.
    func densely() -> NDArray {
        do throws(ArrayError) { return try denselyOrThrow() } catch {
            return .invalid(error.reported(), like: type)
        }
    }

    /// As `dense()`.
    /// - Throws: `ArrayError` when there is no memory for a copy.
    package func denseOrThrow() throws(ArrayError) -> NDArray {
        body.isDense ? self : try denselyOrThrow()
    }

    private func denselyOrThrow() throws(ArrayError) -> NDArray {
        let copy = try NDArray(allocating: type)
        Dispatch.run(
            Copy(), body, nil, copy.body, Dispatch.Estimate(cost: count, scratchByteCount: 0))
        return copy
    }

    /// `self = op(self)` or `op(self, other)` for a pointwise operator, in place where nothing else
    /// sees it.
    mutating func update<O: Operator>(_ op: O, _ other: NDArray? = nil) {
        guard Scopes.current?.changesByReplacing != true,
            let (result, estimate) = try? Self.infer(op, body, other?.body), result == type
        else {
            // Wrong operands are reported by the plain call.
            return replace(with: applied(op, other))
        }
        makeUnique()
        guard body.isDense else { return overwrite(with: applied(op, other)) }
        if let guardian = GuardedChanges.current {
            return Dispatch.update(op, body, other?.body, estimate, guardedBy: guardian)
        }
        Dispatch.update(op, body, other?.body, estimate)
    }

    private func applied<O: Operator>(_ op: O, _ other: NDArray?) -> NDArray {
        if let other { .apply(op, self, other) } else { .apply(op, self) }
    }

    /// Becomes a new array, unless a mistake inside `validating` left none to become.
    mutating func replace(with array: NDArray) {
        if Scopes.innermost?.errors?.error == nil { self = array }
    }

    /// Copies the elements of `source`, of the same type, over this array's.
    /// - Precondition: the storage is this array's own.
    func overwrite(with source: NDArray) {
        let (input, output) = (StoredView(source.body), StoredView(body))
        let copy: @Sendable () -> Void = { [unowned engine = Runtime.engine] in
            stridedCopy(from: input.view, to: output.view, splitter: engine)
        }
        if let guardian = GuardedChanges.current {
            return Runtime.engine.push(
                "assign",
                accesses: [
                    (guardian, .read), (input.storage, .read), (output.storage, .updateOrKeep),
                ], copy)
        }
        Runtime.engine.push(
            "assign", reads: [input.storage], updates: [output.storage], context: .kernel, copy)
    }
}

extension NDArray {
    /// Adds in place.
    public static func += (a: inout NDArray, b: NDArray) { a.update(Binary(.add), b) }
    /// Subtracts in place.
    public static func -= (a: inout NDArray, b: NDArray) { a.update(Binary(.subtract), b) }
    /// Multiplies in place.
    public static func *= (a: inout NDArray, b: NDArray) { a.update(Binary(.multiply), b) }
    /// Divides in place.
    /// - Precondition: this is a floating-point array; integers have no place for their quotient, f32.
    public static func /= (a: inout NDArray, b: NDArray) {
        if a.mayBeDivided { a.update(Binary(.divide), b) }
    }
    /// Adds a scalar in place.
    public static func += (a: inout NDArray, b: Double) { a.update(BinaryScalar(.add, b)) }
    /// Subtracts a scalar in place.
    public static func -= (a: inout NDArray, b: Double) { a.update(BinaryScalar(.subtract, b)) }
    /// Multiplies by a scalar in place.
    public static func *= (a: inout NDArray, b: Double) { a.update(BinaryScalar(.multiply, b)) }
    /// Divides by a scalar in place.
    /// - Precondition: this is a floating-point array; integers have no place for their quotient, f32.
    public static func /= (a: inout NDArray, b: Double) {
        if a.mayBeDivided { a.update(BinaryScalar(.divide, b)) }
    }

    /// Whether a quotient has this array's dtype; reports when not.
    private var mayBeDivided: Bool {
        if !dtype.isInteger { return true }
        ArrayError(
            .unsupportedType, in: "divide",
            "the quotient of integers is f32 and has no place in \(type); use a = a / b, or "
                + "a = a.dividedTruncating(by: b)"
        ).report()
        return false
    }
}
