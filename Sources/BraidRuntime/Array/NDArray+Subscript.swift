import BraidCore
public import BraidOperators

/// Rows that are changed where they lie: `x[3] = row`, `x[3] += row`, `x[..<2, 1...] *= 2`.
extension NDArray {
    /// The part that `indices` select, a view; changes through it change this array where it lies.
    ///
    /// ```swift
    /// var x = NDArray.zeros([8, 8])
    /// x[3] = NDArray.ones([8])
    /// x[..<2, 1...] *= 2
    /// ```
    /// - Precondition: indices and ranges lie within their axes' extents; an array that is assigned
    ///   has the part's type.
    public subscript(_ indices: any ArrayIndex...) -> NDArray {
        get {
            guard let slice = slice(indices) else { return self }
            return Self.apply(slice, self)
        }
        _modify {
            guard let slice = slice(indices) else {
                var unchanged = self
                yield &unchanged
                return
            }
            if Scopes.current?.changesByReplacing == true {
                var part = Self.apply(slice, self)
                defer { replace(with: Self.apply(StridedSliceUpdate(slice), self, part)) }
                yield &part
                return
            }
            var loan = beginLoan(slice)
            // When the code that has the loan throws, nothing behind `yield` runs but what is deferred.
            defer { endLoan(of: &loan, slice) }
            yield &loan
        }
    }

    /// What the indices select; nil, after a report, when they do not fit.
    private func slice(_ indices: [any ArrayIndex]) -> StridedSlice? {
        do throws(ArrayError) { return try StridedSlice(indices, of: shape) } catch {
            error.report()
            return nil
        }
    }

    /// Lends the part that `slice` selects.
    ///
    /// The lent view is not counted as a handle, so it is unique when this array is; the count is
    /// made when the loan ends. A copy of the view that escaped is then a second handle, so that
    /// the next mutation of this array copies and the escaped view keeps its values.
    private mutating func beginLoan(_ slice: StridedSlice) -> NDArray {
        makeUnique()
        return NDArray(ArrayBody(dtype, slice.view(of: body.layout)!, storage, isLent: true))
    }

    private mutating func endLoan(of view: inout NDArray, _ slice: StridedSlice) {
        storage.addHandle()  // for the lent body, whose deinit takes it back
        view = view.withElements()
        let layout = slice.view(of: body.layout)!
        let isOwn = view.storage === storage
        if isOwn, view.dtype == dtype, view.body.layout == layout { return }
        // The view was replaced; copy it in, by value.
        guard view.type == TensorType(dtype, layout.shape) else {
            return ArrayError(
                .shapeMismatch, in: "assignment",
                "an array of type \(view.type) does not fill a part of type "
                    + "\(TensorType(dtype, layout.shape))"
            ).report()
        }
        // These very elements in another order, or others of this array: read before they are written.
        if isOwn { view = view.densely() }
        makeUnique()
        NDArray(ArrayBody(dtype, slice.view(of: body.layout)!, storage)).overwrite(with: view)
    }
}
