import CBraidKernels
import Foundation
import Testing

/// The tables and the choice among them.
@Suite struct DispatchTests {
    @Test func theReferenceIsAlwaysThere() {
        #expect(InstructionSet.available.contains(.reference))
        #expect(braid_kernels_for(braid_isa(99)) == nil)
    }

    @Test(arguments: InstructionSet.available)
    func tablesNameThemselves(set: InstructionSet) {
        #expect(set.kernels.isa.rawValue == set.rawValue)
        #expect(String(cString: set.kernels.name) == "\(set)")
    }

    // The choice is made once a process, so that each of these has its own.

    private static func choice(_ variable: String?) -> (name: String, problem: String?) {
        if let variable { setenv("BRAID_ISA", variable, 1) } else { unsetenv("BRAID_ISA") }
        return (
            String(cString: braid_kernels_default().pointee.name),
            braid_isa_problem().map { String(cString: $0) }
        )
    }

    private static var best: String { "\(InstructionSet.available.last!)" }

    @Test func theBestWithoutBeingAsked() async {
        await #expect(processExitsWith: .success) {
            let choice = DispatchTests.choice(nil)
            precondition(choice.name == DispatchTests.best && choice.problem == nil)
        }
    }

    @Test func theOneThatIsNamed() async {
        await #expect(processExitsWith: .success) {
            let choice = DispatchTests.choice("reference")
            precondition(choice.name == "reference" && choice.problem == nil)
            // Later changes change nothing.
            precondition(DispatchTests.choice(nil).name == "reference")
        }
    }

    @Test func anUnknownName() async {
        await #expect(processExitsWith: .success) {
            let choice = DispatchTests.choice("sse9")
            precondition(choice.name == DispatchTests.best)
            precondition(
                choice.problem
                    == "BRAID_ISA=sse9 is unknown (expected reference, avx2 or avx512); using "
                    + DispatchTests.best)
        }
    }
}
