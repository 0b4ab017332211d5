public import BraidCore
import BraidOperators

/// Rows that are changed where they lie: `x[3] = row`, `x[3] += row`, `x[..<2, 1...] *= 2`.
extension NDArray {
    /// Lends the part of this array that `slice` selects to `body`, which may change it in place.
    ///
    /// The lent view is not counted as a handle, so it is unique when this array is; the count is
    /// made when the loan ends. A copy of the view that escaped is then a second handle, so that
    /// the next mutation of this array copies and the escaped view keeps its values.
    mutating func modifyView<O: Operator>(of slice: O, _ body: (inout NDArray) -> Void) {
        var loan = beginLoan(slice)
        body(&loan)
        endLoan(loan, slice)
    }

    /// - Precondition: `slice` is a view of every layout.
    mutating func beginLoan<O: Operator>(_ slice: O) -> NDArray {
        makeUnique()
        guard let layout = slice.view(of: body.layout) else {
            preconditionFailure("\(O.name) has no view to lend")
        }
        return NDArray(ArrayBody(dtype, layout, storage, isLent: true))
    }

    mutating func endLoan<O: Operator>(_ view: consuming NDArray, _ slice: O) {
        storage.addHandle()  // for the lent body, whose deinit takes it back
        if view.body.storage === storage { return }
        // The view was replaced; copy it in, by value.
        guard let layout = slice.view(of: body.layout) else { return }
        guard view.type == TensorType(dtype, layout.shape) else {
            ArrayError(
                .shapeMismatch, in: "assignment",
                "an array of type \(view.type) does not fill a part of type "
                    + "\(TensorType(dtype, layout.shape))"
            ).trap()
        }
        makeUnique()
        let target = slice.view(of: body.layout)!
        NDArray(ArrayBody(dtype, target, storage)).overwrite(with: view)
    }
}
