import Braid
import BraidTestSupport
import Foundation
import Testing

/// What only data show: an index outside its range poisons what depends on it, and nothing else.
final class ReportedValueTests {
    // Failures that nobody has waited for would be reported to other tests.
    deinit { try? Runtime.waitAll() }

    private let table = NDArray((0..<20).map(Float.init), shape: [10, 2])

    private func message(_ array: NDArray) -> String? {
        do throws(EngineError) {
            try array.waitUntilReady()
            return nil
        } catch { return "\(error.underlying ?? error)" }
    }

    private func indices(_ values: [Int64], _ shape: Shape? = nil) -> NDArray {
        NDArray(values, shape: shape ?? [values.count])
    }

    @Test func theLowestBadPositionIsNamed() {
        let wrong = indices([0, 9, -1, 10], [4, 1])
        #expect(
            message(table.gathered(at: wrong))
                == "gathered: index -1 at position [2, 0] is outside 0..<10")
        let lines = NDArray((0..<6).map(Float.init), shape: [2, 3])
        let places = NDArray([0, 2, 1, 3] as [Int32], shape: [2, 2])
        #expect(
            message(lines.taken(at: places, alongAxis: 1))
                == "taken: index 3 at position [1, 1] is outside 0..<3")
        #expect(
            message(lines.scattered(.zeros([2, 2]), at: places, alongAxis: 1))
                == "scattered: index 3 at position [1, 1] is outside 0..<3")
        #expect(
            message(lines.scatterAdded(.zeros([2, 2]), at: places, alongAxis: 1))?
                .contains("index 3 at position [1, 1] is outside 0..<3") == true)
        #expect(
            message(lines.gathered(atPoints: indices([1, 2, 0, -3], [2, 2])))
                == "gathered(atPoints:): index -3 at position [1, 1] is outside 0..<3")
        #expect(
            message(indices([2, 5, 3]).oneHot(classes: 3))
                == "oneHot: index 5 at position [1] is outside 0..<3")
    }

    @Test func everyReadReportsIt() throws {
        let wrong = table.gathered(at: indices([10]))
        let sum = (wrong * 2).sum()
        for _ in 0..<3 {
            let error = #expect(throws: EngineError.self) { try sum.scalar(as: Float.self) }
            #expect(error?.job == "gather" && error?.code == .jobFailed)
        }
        #expect(try table.gathered(at: indices([9])).scalars(as: Float.self) == [18, 19])
    }

    /// Large work goes to the pool, in pieces.
    @Test func largeWorkReportsTheSame() throws {
        var places = [Int64](repeating: 3, count: 400_000)
        for wrong in [399_999, 250_000, 70_001] {
            places[wrong] = Int64(10 + wrong)
            #expect(
                message(table.gathered(at: NDArray(places)))
                    == "gathered: index \(10 + wrong) at position [\(wrong)] is outside 0..<10")
        }
        places = Array(repeating: 3, count: 400_000)
        #expect(message(table.gathered(at: NDArray(places))) == nil)
    }

    @Test func otherRulesAreAskedFor() throws {
        let x = NDArray([10, 11, 12] as [Float])
        let wild = indices([-1, 3, -4, 1])
        func numbers(_ array: NDArray) throws -> [Float] { try array.scalars(as: Float.self) }
        #expect(try numbers(x.gathered(at: wild, mode: .clipping)) == [10, 12, 10, 11])
        #expect(try numbers(x.gathered(at: wild, mode: .wrapping)) == [12, 10, 12, 11])
        #expect(
            try numbers(x.taken(at: wild, alongAxis: 0, mode: .clipping)) == [10, 12, 10, 11])
        #expect(
            try numbers(x.taken(at: wild, alongAxis: 0, mode: .wrapping)) == [12, 10, 12, 11])
        let one = NDArray([5] as [Float])
        #expect(
            try numbers(x.scattered(one, at: indices([-1]), alongAxis: 0, mode: .clipping))
                == [5, 11, 12])
        #expect(
            try numbers(x.scattered(one, at: indices([-1]), alongAxis: 0, mode: .wrapping))
                == [10, 11, 5])
        #expect(
            try numbers(x.scatterAdded(one, at: indices([7]), alongAxis: 0, mode: .clipping))
                == [10, 11, 17])
        #expect(
            try numbers(indices([-1]).oneHot(classes: 3, mode: .wrapping)) == [0, 0, 1])
        let points = indices([-1, 5], [2, 1])
        #expect(try numbers(x.gathered(atPoints: points, mode: .clipping)) == [10, 12])
        #expect(try numbers(x.gathered(atPoints: points, mode: .wrapping)) == [12, 12])
    }

    /// Files of before have no mode, and mean what they meant.
    @Test func operatorsInOldFilesTakeTheNearerEnd() throws {
        let old = try JSONDecoder().decode(Gather.self, from: Data("{\"axis\":0}".utf8))
        let x = NDArray([10, 11, 12] as [Float])
        let found = NDArray.apply(old, x, indices([-1, 3]))
        #expect(try found.scalars(as: Float.self) == [10, 12])
        let slope = gradient(at: x) { NDArray.apply(old, $0, indices([-1, 3])).sum() }
        #expect(try slope.scalars(as: Float.self) == [1, 0, 1])
    }

    /// Small graphs run on the calling thread, large ones as a program.
    @Test(arguments: [1, 40_000])
    func onlyWhatDependsOnItFailsInAGraph(_ rows: Int) throws {
        let x = NDArray([Float](repeating: 1, count: rows * 4), shape: [rows, 4])
        let function = HybridFunction<[NDArray], [NDArray]> { arrays in
            let (x, places) = (arrays[0], arrays[1])
            let picked = x.gathered(at: places)
            let other = (x + 1).exp().sum(over: 1)
            return [picked.sum(), other.sum(), (picked.sum() + other.sum()), other]
        }
        for _ in 0..<2 {
            let wrong = function([x, indices([0, Int64(rows)])])
            #expect(
                wrong.map(message).map { $0 != nil } == [true, false, true, false])
            #expect(
                message(wrong[0])
                    == "gathered: index \(rows) at position [1] is outside 0..<\(rows)")
            let error = #expect(throws: EngineError.self) { try wrong[2].waitUntilReady() }
            #expect(error?.job == "gather")
            let right = function([x, indices([0, 0])])
            #expect(right.map(message).allSatisfy { $0 == nil })
            #expect(
                try right[1].scalar(as: Float.self) == wrong[1].scalar(as: Float.self))
        }
    }

    @Test func constantsAreLookedAtWhenTheGraphRuns() throws {
        let places = indices([0, 12])
        let function = hybridize { [table] (x: NDArray) in table.gathered(at: places) * x }
        #expect(
            message(function(NDArray(Float(2))))
                == "gathered: index 12 at position [1] is outside 0..<10")
        let symbols = Symbol.range(count: 3, dtype: .i64) * 2
        let graph = try Graph(outputs: [symbols.oneHot(classes: 4)])
        #expect(message(graph.compiled()([])[0])?.contains("index 4 at position [2]") == true)
    }

    @Test func gradientsCarryIt() throws {
        let weight = Parameter(table)
        for _ in 0..<3 {
            let loss = Autograd.record {
                weight.wrappedValue.gathered(at: indices([1, 10])).square().sum()
            }
            loss.backward()
            #expect(message(loss)?.contains("index 10") == true)
            #expect(message(weight.gradient!)?.contains("index 10") == true)
        }
        // Of a linear function the gradient needs no value of the forward pass.
        let slope = gradient(at: table) { $0.gathered(at: indices([-2])).sum() }
        #expect(message(slope)?.contains("index -2 at position [0]") == true)
    }
}
