import BraidPlatform
import Testing

@Suite struct CallStackTests {
    /// Only functions of other modules than the library's and Swift's are looked up in the debug
    /// information.
    @Test(arguments: [
        ("main", true), ("train_main", true), ("braid_tile_interpret", false),
        ("$s10BraidTrain11TrainingRunV3runyyF", true),
        ("$s4main3fooyyF", true),
        ("$s12BraidRuntime7NDArrayV4meanACyF", false),
        ("$s7BraidNN5BlockPAAE14callAsFunctiony6OutputQz5InputQzFTg5", false),
        ("$sSa23withUnsafeBufferPointeryqd__qd__SRyxGKXEKlF", false),
        ("$sSa4mainE3fooyyF", true), ("$sSa12BraidRuntimeE3fooyyF", false),
        ("$ss5ClockP4mainE3fooyyF", true), ("$ss9TaskLocalC9withValueyxF", false),
        ("$sSay12BraidRuntime7NDArrayVGIegho_TR", false),
        ("$s", false), ("$ss", false), ("$s99main", true), ("$s99999999999999999999", false),
        ("", false),
    ])
    func modulesOfMangledNames(symbol: String, mayBeOutside: Bool) {
        #expect(Library.mayBeOutside(symbol: symbol) == mayBeOutside)
    }

    /// The innermost line outside the library is found without those of all frames.
    @Test func linesOfCallersAreFound() {
        let stack = CallStack()
        #expect(stack.resolved().location?.hasSuffix("CallStackTests.swift:\(#line - 1)") != false)
        // Also where nothing was resolved while the call lasted.
        #expect(stack.location == stack.resolved().location)
    }
}
