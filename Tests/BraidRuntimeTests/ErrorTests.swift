import Braid
import BraidTestSupport
import Testing

struct ErrorTests {
    @Test func mistakesInsideValidatingAreThrownWithOperatorAndShapes() {
        let (a, b) = (NDArray.ones([2, 3]), NDArray.ones([4, 5]))
        let sum = #expect(throws: ArrayError.self) { try validating { a + b } }
        #expect(sum?.description.contains("[2, 3]") == true)
        #expect(sum?.description.contains("[4, 5]") == true)
        let axis = #expect(throws: ArrayError.self) {
            try validating { a.softmax(axis: 3) }
        }
        #expect(
            axis?.description == "softmax: axis 3 is out of range for shape [2, 3]; expected -2..<2"
        )
        #expect(throws: ArrayError.self) { try validating { (a + b).matmul(a).sum() } }
    }

    @Test func theFirstMistakeWinsAndLaterReadsFailToo() {
        let (a, b) = (NDArray.ones([2, 3]), NDArray.ones([4, 5]))
        var wrong: NDArray?
        #expect(throws: ArrayError.self) { try validating { wrong = (a + b) * 2 } }
        #expect(throws: EngineError.self) { try wrong!.scalars(as: Float.self) }
        #expect(throws: EngineError.self) { try wrong!.scalars(as: Float.self) }
    }

    @Test func mistakesOutsideValidatingStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            _ = NDArray.ones([2, 3]) + NDArray.ones([4, 5])
        }
    }

    @Test func readingAsTheWrongTypeStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            _ = try NDArray.ones([2]).scalars(as: Double.self)
        }
    }

    @Test func aParameterReadInsideItsOwnUpdateStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let weight = Parameter(NDArray([1] as [Float]))
            weight.update { $0 += weight.wrappedValue }
        }
    }

    @Test func aParameterTakesArraysOfItsTypeOnly() {
        let weight = Parameter(NDArray([1] as [Float]))
        let error = #expect(throws: ArrayError.self) {
            try validating { weight.wrappedValue = NDArray([1, 2] as [Double]) }
        }
        #expect(error?.description.contains("f64[2]") == true)
    }
}
