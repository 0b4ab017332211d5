public import BraidRuntime

/// A block whose own types are forgotten: from a row of arrays to a row of arrays. Its parameters are
/// those of the block it was made from, under the same names.
public struct AnyBlock: Block {
    /// The block it was made from.
    public let wrapped: any Block
    private let call: @Sendable ([NDArray]) -> [NDArray]

    /// A block without its types.
    public init<Wrapped: Block>(_ wrapped: Wrapped)
    where Wrapped.Input: ArrayStructure, Wrapped.Output: ArrayStructure {
        self.wrapped = wrapped
        call = { wrapped.forward(Wrapped.Input(arrays: $0)).arrays }
    }

    /// Computes the output.
    /// - Precondition: there are as many arrays as the wrapped block's input has.
    public func forward(_ input: [NDArray]) -> [NDArray] { call(input) }
}

extension AnyBlock: TransparentBlock {
    var wrappedBlock: any Block { wrapped }
}
