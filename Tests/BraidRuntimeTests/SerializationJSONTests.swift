import Braid
import Testing

struct SerializationJSONTests {
    private func failure(_ text: String) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONParser.parse(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func everyKindReadsAndWrites() throws {
        let text = #"{"z":[1,-2,0.5,1e+30],"a":{"":null,"t":true,"f":false},"s":"é\"\\\n"}"#
        let value = try JSONParser.parse(text)
        #expect(
            value
                == .object([
                    ("z", .array([.integer(1), .integer(-2), .number(0.5), .number(1e30)])),
                    ("a", .object([("", .null), ("t", .bool(true)), ("f", .bool(false))])),
                    ("s", .string("é\"\\\n")),
                ]))
        #expect(value.text == text)
        #expect(value["a"]?["t"] == .bool(true))
        #expect(value["missing"] == nil && value["s"]?["a"] == nil)
        #expect(try JSONParser.parse(" \t\r\n[ 1 , 2 ] ") == .array([.integer(1), .integer(2)]))
    }

    @Test func escapesAreUnderstood() throws {
        #expect(
            try JSONParser.parse(#""\u0041\u00e9\u20ac\uD83D\uDE00\b\f\n\r\t\/""#)
                == .string("A\u{E9}\u{20AC}\u{1F600}\u{8}\u{C}\n\r\t/"))
        let control = JSON.string("\u{0}\u{1F}\u{7F}")
        #expect(control.text == "\"\\u0000\\u001f\u{7F}\"")
        #expect(try JSONParser.parse(control.text) == control)
    }

    @Test func numbersKeepTheirKindAndValue() throws {
        for value in [
            0.1, -0.0, 1, 1e16, Double.leastNonzeroMagnitude, 1.7976931348623157e308,
            2.2250738585072014e-308, .pi,
        ] {
            guard case .number(let read) = try JSONParser.parse(JSON.number(value).text) else {
                Issue.record("\(JSON.number(value).text) is no number any more")
                continue
            }
            #expect(read.bitPattern == value.bitPattern)
        }
        for value in [Int64.min, -1, 0, Int64.max] {
            #expect(try JSONParser.parse(JSON.integer(value).text) == .integer(value))
        }
        #expect(try JSONParser.parse("9223372036854775808") == .number(9223372036854775808))
        for value in [Double.nan, .infinity, -.infinity] {
            #expect(JSON.number(value).text == "null")
        }
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("{", 1), ("[1,]", 3), ("[1 2]", 3), ("{\"a\" 1}", 5), ("{1:2}", 1),
        ("{\"a\":1,}", 7), ("tru", 0), ("nul", 0), ("01", 0), ("-", 0), ("1.", 2), ("1e", 2),
        (".5", 0), ("+1", 0), ("[1]x", 3), ("\"a", 0), ("\"\n\"", 1), ("\"\\x\"", 1),
        ("\"\\u12g4\"", 5), ("NaN", 0), ("[", 1), ("\"\\", 1), ("'a'", 0), ("\"\\u12", 5),
    ])
    func faultsAreFoundWhereTheyAre(text: String, offset: Int) {
        let error = failure(text)
        #expect(error?.code == .syntax, "\(text)")
        #expect(error?.offset == offset, "\(text): \(String(describing: error))")
    }

    @Test func otherFaultsHaveTheirCode() {
        #expect(failure("1e999")?.code == .range)
        #expect(failure(#"{"a":1,"b":2,"a":3}"#)?.code == .duplicateKey)
        #expect(failure(#"{"a":1,"b":2,"a":3}"#)?.offset == 13)
        for half in [#""\uD83D""#, #""\uDE00""#, #""\uD83D\u0041""#, #""\uD83Dx""#] {
            #expect(failure(half)?.code == .encoding, "\(half)")
        }
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xC0, 0x80, 0x22]) }
    }

    @Test func limitsHold() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSONParser.parse(deep)
        #expect(failure("[" + deep + "]")?.code == .limit)
        #expect(failure(String(repeating: "{\"a\":", count: 1_000_000))?.code == .limit)
        var limits = JSONParser.Limits()
        limits.byteCount = 4
        limits.valueCount = 2
        _ = try JSONParser.parse("[12]", limits: limits)
        #expect(throws: JSONError.self) { try JSONParser.parse("[123]", limits: limits) }
        #expect(throws: JSONError.self) { try JSONParser.parse("[,,]", limits: limits) }
        limits.byteCount = 100
        #expect(throws: JSONError.self) { try JSONParser.parse("[1,2]", limits: limits) }
    }

    @Test func randomValuesSurviveARoundTrip() throws {
        let seed: UInt64 = 1
        var generator = SplitMix64(seed: seed)
        for round in 0..<SerializationSupport.count(2_000) {
            let value = randomValue(depth: 0, &generator)
            let text = value.text
            #expect(try JSONParser.parse(text) == value, "seed \(seed), round \(round): \(text)")
        }
    }

    private func randomValue(depth: Int, _ generator: inout SplitMix64) -> JSON {
        switch generator.next(below: depth < 5 ? 7 : 5) {
        case 0: return .null
        case 1: return .bool(generator.next(below: 2) == 0)
        case 2: return .integer(Int64(bitPattern: generator.next()))
        case 3:
            let value = Double(bitPattern: generator.next())
            return .number(value.isFinite ? value : 0.5)
        case 4: return .string(randomString(&generator))
        case 5:
            return .array(
                (0..<generator.next(below: 4)).map { _ in
                    randomValue(depth: depth + 1, &generator)
                })
        default:
            return .object(
                (0..<generator.next(below: 4)).map {
                    ("\($0)" + randomString(&generator), randomValue(depth: depth + 1, &generator))
                })
        }
    }

    private func randomString(_ generator: inout SplitMix64) -> String {
        var string = ""
        for _ in 0..<generator.next(below: 6) {
            let range = [0x20, 0x80, 0x800, 0x110000][generator.next(below: 4)]
            if let scalar = Unicode.Scalar(UInt32(generator.next(below: range))) {
                string.unicodeScalars.append(scalar)
            }
        }
        return string
    }
}
