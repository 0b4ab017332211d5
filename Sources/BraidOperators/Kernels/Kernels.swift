package import CBraidKernels

/// The kernels of this machine.
package enum Kernels {
    /// The best table, or the one that `BRAID_ISA` names.
    package static var table: UnsafePointer<braid_kernels> { braid_kernels_default() }

    /// What is wrong with `BRAID_ISA`, if anything is.
    package static var selectionProblem: String? {
        _ = table
        return braid_isa_problem().map { String(cString: $0) }
    }
}
