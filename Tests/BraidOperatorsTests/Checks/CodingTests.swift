import BraidCore
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Operators as values: files, equality, hashes.
@Suite(.printsSeed) struct CodingTests {
    @Test(arguments: Sample.all) func operatorsSurviveFiles(_ sample: Sample) throws {
        func roundTrip<O: Operator>(_ op: O) throws {
            let data = try JSONEncoder().encode(op)
            let read = try JSONDecoder().decode(O.self, from: data)
            #expect(read == op, "\(String(decoding: data, as: UTF8.self))")
            #expect(read.hashValue == op.hashValue)
        }
        for dtype in sample.dtypes.prefix(2) {
            Seeds.repeated(3) { generator in
                try roundTrip(sample.make(dtype, .any, &generator).op)
            }
        }
    }

    @Test func attributesTellOperatorsApart() {
        #expect(AnyHashable(Unary(.sine)) != AnyHashable(Unary(.cosine)))
        #expect(Reduction(.sum, axes: [0]) != Reduction(.sum, axes: [1]))
        #expect(Reduction(.sum) != Reduction(.sum, axes: []))
        #expect(BinaryScalar(.add, 1) != BinaryScalar(.add, 2))
        #expect(
            BinaryScalar(.divide, 1) != BinaryScalar(.divide, 1, isScalarFirst: true))
    }

    /// JSON has no infinity and no NaN, and the sign of zero counts.
    @Test(arguments: [Double.infinity, -.infinity, .nan, -0.0, 0, 0.1, -1e300])
    func numbersKeepTheirBits(_ number: Double) throws {
        for op in [BinaryScalar(.add, number), BinaryScalar(.divide, number, isScalarFirst: true)] {
            let data = try JSONEncoder().encode(op)
            let read = try JSONDecoder().decode(BinaryScalar.self, from: data)
            #expect(read.scalar.bitPattern == number.bitPattern)
            #expect(read == op)
        }
        let text = Data(#"{"function":"add","scalar":"much","isScalarFirst":false}"#.utf8)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(BinaryScalar.self, from: text)
        }
    }

    @Test func unknownFunctionsAreNamed() {
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Unary.self, from: Data(#"{"function":"frobnicate"}"#.utf8))
        }
        guard case .dataCorrupted(let context)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(context.debugDescription.contains("frobnicate"))
    }
}
