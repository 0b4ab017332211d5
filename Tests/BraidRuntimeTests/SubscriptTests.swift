import Braid
import Testing

/// Reading and changing parts of arrays. Runs alone: it counts storage copies of the process.
@Suite(.serialized)
struct SubscriptTests {
    private func copies(_ body: () throws -> Void) rethrows -> Int {
        let before = NDArray.storageCopyCount
        try body()
        return NDArray.storageCopyCount - before
    }

    private func counted(_ shape: Shape) -> NDArray {
        NDArray((0..<shape.elementCount).map { Float($0) }, shape: shape)
    }

    @Test func indicesDropAxesAndRangesKeepThem() throws {
        let x = counted([3, 4])
        #expect(try x[1].scalars(as: Float.self) == [4, 5, 6, 7])
        #expect(x[1].shape == [4] && x[1, 2].shape == [] && x[1...1].shape == [1, 4])
        #expect(try x[1, 2].scalar(as: Float.self) == 6)
        #expect(try x[..<2, 2...].scalars(as: Float.self) == [2, 3, 6, 7])
        #expect(try x[0..., (0..<4).by(3)].scalars(as: Float.self) == [0, 3, 4, 7, 8, 11])
        #expect(x[3..<3].shape == [0, 4])
    }

    @Test func partsChangeWhereTheyLie() throws {
        var x = counted([3, 4])
        let address = x.storage.address
        let row = NDArray([9, 9, 9, 9] as [Float])
        let count = copies {
            for _ in 0..<10 { x[1] += row }
            x[0..., 3] *= 2
            x[2, 0] -= 1
        }
        #expect(count == 0)
        #expect(x.storage.address == address)
        #expect(
            try x.scalars(as: Float.self) == [0, 1, 2, 6, 94, 95, 96, 194, 7, 9, 10, 22])
    }

    @Test func assignedPartsAreCopiedIn() throws {
        var x = counted([2, 3])
        let row = NDArray([7, 8, 9] as [Float])
        let count = copies { x[0] = row }
        #expect(count == 0)
        x[0..., 1] = NDArray([-1, -2] as [Float])
        #expect(try x.scalars(as: Float.self) == [7, -1, 9, 3, -2, 5])
        #expect(try row.scalars(as: Float.self) == [7, 8, 9])
        // A part of the array itself.
        x[1] = x[0]
        #expect(try x[1].scalars(as: Float.self) == [7, -1, 9])
    }

    @Test func snapshotsOfTheWholeStay() throws {
        var x = counted([2, 2])
        let snapshot = x
        let count = copies {
            x[0] += 1
            x[0] += 1
        }
        #expect(count == 1)
        #expect(try snapshot.scalars(as: Float.self) == [0, 1, 2, 3])
        #expect(try x.scalars(as: Float.self) == [2, 3, 2, 3])
    }

    @Test func aViewThatEscapesTheLoanKeepsItsValues() throws {
        var x = counted([2, 2])
        var escaped: [NDArray] = []
        func lend(_ row: inout NDArray) {
            row += 10
            escaped.append(row)
        }
        lend(&x[0])
        x[0] += 100
        x += 1000
        #expect(try escaped[0].scalars(as: Float.self) == [10, 11])
        #expect(try x.scalars(as: Float.self) == [1110, 1111, 1002, 1003])
    }

    /// The lent view is kept, and what the loan returns is another array.
    @Test func anEscapedViewWhoseOriginalWasReplacedKeepsItsValues() throws {
        var x = counted([2, 2])
        var escaped: [NDArray] = []
        func lend(_ row: inout NDArray) {
            escaped.append(row)
            row = NDArray([7, 7] as [Float])
        }
        lend(&x[0])
        #expect(try escaped[0].scalars(as: Float.self) == [0, 1])
        #expect(try x.scalars(as: Float.self) == [7, 7, 2, 3])
        x[0] += 1
        #expect(try escaped[0].scalars(as: Float.self) == [0, 1])
        #expect(try x.scalars(as: Float.self) == [8, 8, 2, 3])
    }

    @Test func nestedPartsChangeWhereTheyLie() throws {
        var x = counted([2, 2, 2])
        let count = copies { x[1][0..., 1] += 10 }
        #expect(count == 0)
        #expect(try x.scalars(as: Float.self) == [0, 1, 2, 3, 4, 15, 6, 17])
    }

    @Test func pendingReadersSeeTheOldPart() throws {
        var x = NDArray.ones([4, 50_000])
        var sums: [NDArray] = []
        let count = copies {
            for row in 0..<4 {
                sums.append(x.sum())
                x[row] += 1
            }
        }
        #expect(count == 0)
        for (row, sum) in sums.enumerated() {
            #expect(try sum.scalar(as: Float.self) == Float(200_000 + 50_000 * row))
        }
    }

    @Test func changesUnderRecordAreDifferentiated() throws {
        let weight = Parameter(NDArray([1, 2, 3] as [Double]))
        let part = Parameter(NDArray([10] as [Double]))
        let loss = Autograd.record {
            var y = weight.wrappedValue * 2
            y[1..<2] = part.wrappedValue * 3
            y[0] *= 5
            return (y * y).sum()
        }
        loss.backward()
        // y = [10 w0, 3 p, 2 w2]
        #expect(try weight.gradient!.scalars(as: Double.self) == [200, 0, 24])
        #expect(try part.gradient!.scalars(as: Double.self) == [180])
    }

    @Test func wrongIndicesNameAxisAndExtent() throws {
        var x = counted([2, 3])
        let index = #expect(throws: ArrayError.self) { try validating { x[2] } }
        #expect(index?.description.contains("axis 0 of shape [2, 3]") == true)
        let range = #expect(throws: ArrayError.self) { try validating { x[0..., 2..<5] } }
        #expect(range?.description.contains("axis 1") == true)
        #expect(throws: ArrayError.self) { try validating { x[0, 0, 0] } }
        #expect(throws: ArrayError.self) {
            try validating { x[0] = NDArray([1, 2] as [Float]) }
        }
        #expect(try x.scalars(as: Float.self) == [0, 1, 2, 3, 4, 5])
    }

    @Test func readyWaitsWithoutAThread() async throws {
        let x = NDArray.ones([300, 300])
        let y = x.matmul(x)
        try await y.ready()
        #expect(try y[0, 0].scalar(as: Float.self) == 300)
        var wrong: NDArray?
        #expect(throws: ArrayError.self) {
            try validating { wrong = x[7, 7, 7] + x.matmul(y[0...1]) }
        }
        await #expect(throws: EngineError.self) { try await wrong!.ready() }
    }
}
