import Braid
import BraidCommandLine
import BraidHybridize
import BraidTestSupport
import Testing

/// Shapes and dtypes on the command line.
@Suite(.printsSeed) struct InputArgumentTests {
    @Test(arguments: [
        ("1x3x224x224", TensorType(.f32, [1, 3, 224, 224])),
        ("16x128:i32", TensorType(.i32, [16, 128])), ("7", TensorType(.f32, [7])),
        ("scalar", TensorType(.f32, [])), ("scalar:f64", TensorType(.f64, [])),
        ("0x5:bool", TensorType(.bool, [0, 5])), ("007", TensorType(.f32, [7])),
        ("4294967295:u8", TensorType(.u8, [4_294_967_295])),
    ])
    func reads(_ text: String, _ type: TensorType) throws {
        #expect(try TensorType(argument: text) == type)
    }

    @Test(arguments: [
        "", "x", "1x", "x1", "1xx2", "1X2", "-1x2", "+1", "1 x 2", "1.5", "1e3", "[1, 2]", "٣",
        "scalarx1", "Scalar", ":f32", "1:", "1:F32", "1:float", "1:f32:f32", "4294967296", "1x2x",
        "99999999999999999999999", "1x1x1x1x1x1x1x1x1", "4294967295x4294967295",
    ])
    func refuses(_ text: String) {
        let error = #expect(throws: InputError.self) { try TensorType(argument: text) }
        #expect(error?.description.isEmpty == false)
    }

    @Test func whatIsWrittenIsReadAgain() {
        Seeds.repeated(200) { generator in
            let extents = (0..<generator.int(0...8)).map { _ in generator.int(0...40) }
            let type = TensorType(generator.pick(DType.allCases), Shape(extents))
            let again = try TensorType(argument: type.argument)
            #expect(again == type)
        }
    }

    /// Texts near to right ones either are read or have an `InputError`.
    @Test func randomTexts() {
        let letters = Array("0123456789xx::scalrf346boui- .,[]٣é")
        Seeds.repeated(2_000) { generator in
            var text = generator.pick(["", "1x3", "16x128:i32", "scalar:f64", "4294967295"])
            for _ in 0..<generator.int(0...4) {
                let place = text.index(text.startIndex, offsetBy: generator.int(0...text.count))
                text.insert(generator.pick(letters), at: place)
            }
            do throws(InputError) {
                let type = try TensorType(argument: text)
                let again = try TensorType(argument: type.argument)
                #expect(again == type)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("lnet", "lenet"), ("LeNet", "lenet"), ("lenet5", "lenet"), ("mpl", nil), ("ml", "mlp"),
        ("len", "lenet"), ("resnet50", nil), ("", nil),
    ])
    func closeMatches(_ word: String, _ match: String?) {
        #expect(closestMatch(to: word, among: ["mlp", "lenet"]) == match)
    }
}
