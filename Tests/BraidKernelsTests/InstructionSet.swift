import CBraidKernels

/// An instruction set that kernels exist for.
enum InstructionSet: UInt32, CaseIterable {
    case reference, avx2, avx512

    /// Those that this machine has.
    static let available = allCases.filter { braid_kernels_for(braid_isa($0.rawValue)) != nil }

    /// The table of an available instruction set.
    var kernels: braid_kernels { braid_kernels_for(braid_isa(rawValue))!.pointee }
}
