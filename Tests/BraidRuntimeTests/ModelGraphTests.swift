import Braid
import BraidTestSupport
import Testing

/// Graphs as JSON.
@Suite(.printsSeed) struct ModelGraphTests {
    private typealias Support = ModelSupport

    @Test(arguments: Sample.all) func everyOperatorSurvives(_ sample: Sample) throws {
        for dtype in sample.dtypes.prefix(3) {
            Seeds.repeated(2) { generator in
                let call = sample.make(dtype, .any, &generator)
                let (graph, arguments) = try Support.graph(of: [call])
                let read = try Support.roundTrip(graph)
                #expect(read.isIdentical(to: graph), "\(call.summary)")
                #expect(
                    try GraphCoding.json(of: read).text == GraphCoding.json(of: graph).text,
                    "\(call.summary)")
                #expect(
                    try read.evaluated(arguments) == graph.evaluated(arguments),
                    "\(call.summary)")
            }
        }
    }

    @Test func samplesCoverTheCatalog() {
        var generator = SeededGenerator(seed: 1)
        var names: Set<String> = []
        for sample in Sample.all where !sample.dtypes.isEmpty {
            names.insert(type(of: sample.make(sample.dtypes[0], .any, &generator).op).name)
        }
        #expect(names == Set(Catalog.operators.map { $0.name }))
    }

    @Test func textIsAsDocumented() throws {
        let x = Symbol.variable("x", .f32, [2])
        let text = try GraphCoding.json(of: Graph([x + x], from: [x])).text
        #expect(
            text == #"{"inputs":[0],"nodes":[{"dtype":"f32","input":"x","shape":[2]},"#
                + #"{"attributes":{"function":"add"},"inputs":[0,0],"op":"binary"}],"#
                + #""outputs":[1],"version":1}"#)
    }

    @Test func constantsKeepTheirBytes() throws {
        for dtype in DType.allCases {
            let bytes = (0..<3 * dtype.size).map {
                UInt8(dtype == .bool ? $0 % 2 : 251 - 17 * $0 % 200)
            }
            let constant = Graph.Constant(TensorType(dtype, [3, 1]), bytes: bytes)
            let graph = Graph(
                nodes: [Graph.Node(.constant(constant), types: [constant.type])], inputs: [],
                outputs: [Graph.Value(0)])
            #expect(try Support.roundTrip(graph).isIdentical(to: graph))
        }
    }

    /// A graph's text, and a part of the message that reading it must give.
    private static let faults: [(String, String)] = [
        (
            node(#"{"op":"warp","attributes":{},"inputs":[]},{"op":"melt"},{"op":"warp"}"#),
            "operators that this version of Braid does not know: 'melt', 'warp'"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"add"},"inputs":[0,1]}"#),
            "node 1 (binary) takes a value of node 1, which does not stand before it"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"add"},"inputs":[0,-1]}"#),
            "node 1 (binary) takes a value of node -1"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"add"},"inputs":[0,[0,1]]}"#),
            "node 1 (binary) takes value 1 of node 0, which has 1"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"add"},"inputs":[0]}"#),
            "node 1 (binary) takes 2 inputs, but has 1"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"add"},"inputs":[0,"x"]}"#),
            "node 1 (binary) names a value by a string"
        ),
        (
            node(#"{"op":"binary","attributes":{},"inputs":[0,0]}"#),
            "node 1 (binary) has attributes that are not understood: the key 'function' is missing"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"frobnicate"},"inputs":[0,0]}"#),
            "function: no "
        ),
        (
            node(#"{"op":"binary","attributes":{"function":3},"inputs":[0,0]}"#),
            "function: expected a string, found an integer"
        ),
        (
            node(#"{"op":"binary","attributes":{"function":"add","speed":9},"inputs":[0,0]}"#),
            "node 1 (binary): attributes has unexpected keys: 'speed'"
        ),
        (
            node(#"{"op":"reshape","attributes":{"extents":[2,"x"]},"inputs":[0]}"#),
            "extents[1]: expected an integer, found a string"
        ),
        (
            node(#"{"op":"reshape","attributes":{"extents":[3]},"inputs":[0]}"#),
            "node 1 (reshape) does not fit its inputs: reshape: "
        ),
        (
            node(#"{"op":"reshape","attributes":{"extents":[2]}}"#),
            "node 1 (reshape) lacks the key 'inputs'"
        ),
        (
            node(#"{"constant":{"dtype":"f32","shape":[1],"data":"00"}}"#),
            "node 1 (constant) has 1 bytes of data; f32[1] needs 4"
        ),
        (
            node(#"{"constant":{"dtype":"f32","shape":[1],"data":"0000803F"}}"#),
            "lower-case hexadecimal digits"
        ),
        (node(#"{"constant":{"dtype":"bool","shape":[1],"data":"02"}}"#), "truth values"),
        (node(#"{"input":"y","dtype":"f32","shape":[4294967295,1048576]}"#), "bytes are read"),
        (node(#"{"input":"y","dtype":"f33","shape":[1]}"#), "no dtype is called 'f33'"),
        (node(#"{"input":"y","dtype":"f32","shape":[-1]}"#), "is not a shape"),
        (node(#"{"input":"y","dtype":"f32","shape":[1]}"#), "is not listed among the inputs"),
        (node("{}"), "node 1 is neither an input nor a constant nor an operator"),
        (node("3"), "node 1 is neither"),
        (#"{"inputs":[],"nodes":[],"outputs":[0],"version":1}"#, "output 0 is value 0 of node 0"),
        (#"{"inputs":[7],"nodes":[],"outputs":[],"version":1}"#, "node 7 is listed"),
        (#"{"inputs":[],"nodes":[],"outputs":[],"version":2}"#, "has version 2"),
        (#"{"inputs":[],"nodes":[],"outputs":[],"version":1,"z":0}"#, "unexpected keys: 'z'"),
        (#"{"inputs":[],"nodes":{},"outputs":[],"version":1}"#, "an object under 'nodes'"),
        ("[]", "the graph is an array; expected an object"),
    ]

    /// A graph of the input x of type f32[2] and one more node.
    private static func node(_ text: String) -> String {
        #"{"inputs":[0],"nodes":[{"dtype":"f32","input":"x","shape":[2]},"# + text
            + #"],"outputs":[],"version":1}"#
    }

    @Test(arguments: faults) func faultsAreNamed(_ text: String, _ message: String) throws {
        let error = #expect(throws: ModelFileError.self) {
            try GraphCoding.graph(from: JSONParser.parse(text), path: "m.braid")
        }
        #expect(error?.code == .invalidMetadata)
        #expect(error?.description.hasPrefix("m.braid: ") == true)
        #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    }

    @Test func sizesAreBounded() throws {
        let x = Symbol.variable("x", .f32, [2])
        let json = try GraphCoding.json(of: Graph([x + x + x], from: [x]))
        func read(_ change: (inout GraphCoding.Limits) -> Void) throws -> Graph {
            var limits = GraphCoding.Limits()
            change(&limits)
            return try GraphCoding.graph(from: json, path: "", limits: limits)
        }
        #expect(
            try read { ($0.nodeCount, $0.operandCount, $0.valueByteCount) = (3, 4, 8) }.nodes.count
                == 3)
        #expect(throws: ModelFileError.self) { try read { $0.nodeCount = 2 } }
        #expect(throws: ModelFileError.self) { try read { $0.operandCount = 3 } }
        #expect(throws: ModelFileError.self) { try read { $0.valueByteCount = 7 } }
    }
}
