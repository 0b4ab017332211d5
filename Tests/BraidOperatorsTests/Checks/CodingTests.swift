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

    /// Attributes that older files do not have are read as what those files mean, and written only where
    /// they say something else.
    @Test func olderFilesKeepTheirMeaning() throws {
        func coded<O: Operator>(_ op: O, _ text: String) throws {
            #expect(try JSONDecoder().decode(O.self, from: Data(text.utf8)) == op)
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            #expect(String(decoding: try encoder.encode(op), as: UTF8.self) == text)
        }
        try coded(
            BinaryScalar(.minimum, 6), #"{"function":"minimum","isScalarFirst":false,"scalar":6}"#)
        try coded(
            BinaryScalar(.minimum, 6, isFlatAtTie: true),
            #"{"function":"minimum","isFlatAtTie":true,"isScalarFirst":false,"scalar":6}"#)
        try coded(
            Reduction(.sum, axes: [0]), #"{"axes":[0],"function":"sum","keepsDimensions":false}"#)
        try coded(
            Reduction(.sum, axes: [0], dtype: .u64),
            #"{"axes":[0],"dtype":"u64","function":"sum","keepsDimensions":false}"#)
        // A sum of bytes in a file wraps as it always did, and a quotient truncates.
        let bytes = Symbol.full([2], 200, dtype: .u8)
        #expect(try GraphEvaluator([.apply(Reduction(.sum), bytes)])([])[0].integers == [144])
        let seven = Symbol.full([1], 7, dtype: .i32)
        let quotient = Symbol.apply(BinaryScalar(.divide, 2), seven)
        #expect(try GraphEvaluator([quotient])([])[0].integers == [3])
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
