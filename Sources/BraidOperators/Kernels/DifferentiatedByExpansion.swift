package import BraidCore

/// An operator whose derivatives come from a composition of other operators that computes the same, for
/// derivatives that are seldom asked for.
package protocol DifferentiatedByExpansion: Operator {
    /// The outputs as compositions of the inputs.
    func expansion(_ inputs: [Symbol]) -> [Symbol]
}
