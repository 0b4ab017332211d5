import Braid
import BraidTestSupport
import Testing

/// Runs alone: it counts storage copies and live bytes of the process.
@Suite(.serialized)
struct ValueSemanticsTests {
    private func copies(_ body: () throws -> Void) rethrows -> Int {
        let before = NDArray.storageCopyCount
        try body()
        return NDArray.storageCopyCount - before
    }

    @Test func aUniqueArrayChangesInPlace() throws {
        var x = NDArray([1, 2, 3] as [Float])
        let y = NDArray([10, 20, 30] as [Float])
        let address = x.storage.address
        let count = copies { for _ in 0..<100 { x += y } }
        #expect(count == 0)
        #expect(x.storage.address == address)
        #expect(try x.scalars(as: Float.self) == [1001, 2002, 3003])
    }

    @Test func aSnapshotCostsOneCopyAndKeepsItsValues() throws {
        var x = NDArray([1, 2, 3] as [Float])
        let snapshot = x
        let count = copies { for _ in 0..<100 { x += 1 } }
        #expect(count == 1)
        #expect(try snapshot.scalars(as: Float.self) == [1, 2, 3])
        #expect(try x.scalars(as: Float.self) == [101, 102, 103])
    }

    @Test func aViewIsASnapshotToo() throws {
        var x = NDArray([1, 2, 3, 4] as [Float], shape: [2, 2])
        let transposed = x.transposed()
        let count = copies {
            x += 1
            x += 1
        }
        #expect(count == 1)
        #expect(try transposed.scalars(as: Float.self) == [1, 3, 2, 4])
        #expect(try x.scalars(as: Float.self) == [3, 4, 5, 6])
    }

    @Test func aViewThatIsChangedLeavesItsBaseAlone() throws {
        let x = NDArray([1, 2, 3, 4] as [Float], shape: [2, 2])
        var transposed = x.transposed()
        transposed += 10
        #expect(try x.scalars(as: Float.self) == [1, 2, 3, 4])
        #expect(try transposed.scalars(as: Float.self) == [11, 13, 12, 14])
    }

    @Test func anArrayMayBeAddedToItself() throws {
        var x = NDArray([1, 2] as [Float])
        x += x
        x *= x
        #expect(try x.scalars(as: Float.self) == [4, 16])
    }

    @Test func aPendingReaderForcesNoCopy() throws {
        var x = NDArray([Float](repeating: 1, count: 100_000))
        let address = x.storage.address
        var sums: [NDArray] = []
        let count = copies {
            for _ in 0..<20 {
                sums.append(x.sum())
                x += 1
            }
        }
        #expect(count == 0)
        #expect(x.storage.address == address)
        for (index, sum) in sums.enumerated() {
            #expect(try sum.scalar(as: Float.self) == Float(100_000 * (index + 1)))
        }
    }

    @Test func structFieldsArrayElementsAndDictionaryValuesChangeInPlace() throws {
        struct Pair { var first: NDArray }
        var pair = Pair(first: NDArray([1] as [Float]))
        var list = [NDArray([1] as [Float])]
        var table = ["a": NDArray([1] as [Float])]
        func addOne(_ x: inout NDArray) { x += 1 }
        let count = copies {
            for _ in 0..<10 {
                pair.first += 1
                list[0] += 1
                table["a"]! += 1
                addOne(&pair.first)
            }
        }
        #expect(count == 0)
        #expect(try pair.first.scalar(as: Float.self) == 21)
        #expect(try list[0].scalar(as: Float.self) == 11)
        #expect(try table["a"]!.scalar(as: Float.self) == 11)
    }

    @Test func aParameterChangesInPlaceAndItsSnapshotStays() throws {
        let weight = Parameter(NDArray([1, 2] as [Float]))
        let first = copies { for _ in 0..<100 { weight.update { $0 += 1 } } }
        #expect(first == 0)
        let snapshot = weight.wrappedValue
        let second = copies { for _ in 0..<100 { weight.wrappedValue += 1 } }
        #expect(second == 1)
        #expect(try snapshot.scalars(as: Float.self) == [101, 102])
        #expect(try weight.wrappedValue.scalars(as: Float.self) == [201, 202])
    }

    @Test func updatesUnderRecordMakeNewArrays() throws {
        let weight = Parameter(NDArray([2] as [Float]))
        let loss = Autograd.record {
            var y = weight.wrappedValue * 3
            let squared = y * y
            y += squared
            y += 1
            return y.sum()
        }
        loss.backward()
        // d/dw (3w + 9w² + 1) = 3 + 18 w
        #expect(try weight.gradient!.scalar(as: Float.self) == 39)
    }

    @Test func liveBytesReturnToTheBase() throws {
        let weight = Parameter(NDArray.ones([64, 64]))
        let x = NDArray.ones([32, 64])
        func step() throws {
            let loss = Autograd.record { x.matmul(weight.wrappedValue).tanh().sum() }
            loss.backward()
            _ = try loss.scalar(as: Float.self)
            weight.gradient = nil
        }
        // The second step compiles its gradient, for which an older one may go.
        for _ in 0..<2 { try step() }
        try Runtime.waitAll()
        let base = MemoryPool.liveByteCount
        for _ in 0..<50 { try step() }
        try Runtime.waitAll()
        #expect(MemoryPool.liveByteCount == base)
    }

    @Test func steadyLoopsAskTheSystemForNoMemory() throws {
        var x = NDArray.ones([300, 300])
        for _ in 0..<5 { x = (x * 2).matmul(x).tanh() }
        try x.waitUntilReady()
        let before = MemoryPool.systemRequestCount
        for _ in 0..<50 {
            x = (x * 2).matmul(x).tanh()
            try x.waitUntilReady()
        }
        #expect(MemoryPool.systemRequestCount - before <= 2)
    }
}
