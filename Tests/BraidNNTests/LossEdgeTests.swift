import Braid
import BraidTestSupport
import Foundation
import Testing

/// Losses at zeros, ties, infinities, NaN and nothing: eager and hybridized.
struct LossEdgeTests {
    @Test func everyLossHasARow() throws {
        let declared = try LossEdge.declaredLosses()
        #expect(declared.isSuperset(of: ["l1Loss", "ctcLoss"]), "the search fails")
        let missing = declared.subtracting(LossEdge.all.map(\.name))
        #expect(missing == [], "losses without a row in LossEdge.all")
    }

    @Test(arguments: LossEdge.all) func valuesAndDerivatives(_ edge: LossEdge) throws {
        let x = NDArray(edge.predictions, shape: edge.shape)
        func slopes(_ loss: @escaping (NDArray) -> NDArray) -> (NDArray) -> NDArray {
            { x in gradient(at: x) { loss($0).sum() } }
        }
        let fast = hybridize(edge.loss)
        let eager = [
            edge.loss(x), slopes(edge.loss)(x), gradient(at: x) { slopes(edge.loss)($0).sum() },
        ]
        let hybrid = [
            fast(x), slopes { fast($0) }(x), gradient(at: x) { slopes { fast($0) }($0).sum() },
        ]
        for (index, what) in ["value", "slope", "curvature"].enumerated() {
            let expected = [edge.values, edge.slopes, edge.curvatures][index]
            let found = try eager[index].scalars(as: Double.self)
            let isEqual =
                found.count == expected.count
                && zip(found, expected).allSatisfy { a, b in
                    a.isNaN || b.isNaN
                        ? a.isNaN && b.isNaN
                        : a == b || abs(a - b) <= 1e-11 * max(1, abs(b))
                }
            #expect(isEqual, "\(what) is \(found), not \(expected)")
            let compiled = try hybrid[index].scalars(as: Double.self)
            #expect(
                zip(found, compiled).allSatisfy { a, b in a == b || (a.isNaN && b.isNaN) },
                "hybridized the \(what) is \(compiled), not \(found)")
        }
    }
}
