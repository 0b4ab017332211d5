import CBraidKernels
import Testing

/// How tile programs reach their operands: dense, strided, broadcast, in place, and in parts.
@Suite struct TileStreamTests {
    /// A random view of a buffer over some extents: dense, transposed, spread out, broadcast.
    struct View {
        var buffer: [Float]
        var strides: [Int]
        let offset: Int

        init(_ extents: [Int], isOutput: Bool, _ generator: inout SeededGenerator) {
            let order =
                Bool.random(using: &generator)
                ? Array(extents.indices) : extents.indices.shuffled(using: &generator)
            strides = [Int](repeating: 0, count: extents.count)
            var size = 1
            for axis in order.reversed() {
                if !isOutput && Int.random(in: 0..<3, using: &generator) == 0 { continue }
                if Int.random(in: 0..<4, using: &generator) == 0 { size *= 2 }
                strides[axis] = size
                size *= extents[axis]
            }
            offset = Int.random(in: 0..<3, using: &generator)
            buffer = randoms(size + offset + 8, using: &generator)
        }

        func position(_ index: Int, _ extents: [Int]) -> Int {
            var rest = index, position = offset
            for axis in extents.indices.reversed() {
                position += rest % extents[axis] * strides[axis]
                rest /= extents[axis]
            }
            return position
        }
    }

    static let shapes: [[Int]] = [
        [], [1], [5], [300], [1000], [3, 7], [2, 256], [5, 300], [4, 1, 130], [2, 3, 4, 5],
        [1, 1, 1, 1, 1, 1, 1, 700], [2, 2, 2, 2, 2, 2, 2, 9], [0], [3, 0, 2],
    ]

    /// d = (a + b) * a, by way of a register, over any views.
    @Test(arguments: InstructionSet.available)
    func views(set: InstructionSet) {
        var generator = SeededGenerator(8)
        let code = [
            braid_instruction(BRAID_ADD, BRAID_F32, d: 3, a: stream(0), b: stream(1)),
            braid_instruction(BRAID_MUL, BRAID_F32, d: stream(2), a: 3, b: stream(0)),
        ]
        for shape in Self.shapes {
            for _ in 0..<12 {
                var a = View(shape, isOutput: false, &generator)
                var b = View(shape, isOutput: false, &generator)
                var y = View(shape, isOutput: true, &generator)
                var expected = y.buffer
                let count = shape.reduce(1, *)
                for index in 0..<count {
                    let x = a.buffer[a.position(index, shape)]
                    expected[y.position(index, shape)] =
                        (x + b.buffer[b.position(index, shape)]) * x
                }
                withOperands(&a, &b, &y) { operands in
                    // Parts of any number of tiles give the same as one call.
                    var begin = 0
                    while begin < count {
                        let tiles = Int.random(in: 1...3, using: &generator)
                        let end = Swift.min(begin + tiles * Int(BRAID_TILE), count)
                        runTiles(set, code, operands, over: shape, begin..<end)
                        begin = end
                    }
                }
                expectSame(y.buffer, expected, "\(shape) strides \(a.strides) \(y.strides)")
            }
        }
    }

    private func withOperands(
        _ a: inout View, _ b: inout View, _ y: inout View, _ body: ([Operand]) -> Void
    ) {
        let views = [a, b, y]
        a.buffer.withUnsafeMutableBytes { a in
            b.buffer.withUnsafeMutableBytes { b in
                y.buffer.withUnsafeMutableBytes { y in
                    body(
                        zip([a, b, y], views).map {
                            Operand(
                                base: $0.baseAddress! + $1.offset * 4, dtype: BRAID_F32,
                                strides: $1.strides)
                        })
                }
            }
        }
    }

    /// An output at an input's address with the same strides.
    @Test(arguments: InstructionSet.available)
    func inPlace(set: InstructionSet) {
        var generator = SeededGenerator(9)
        for (shape, strides) in [
            ([1000], [1]), ([257], [3]), ([30, 40], [1, 30]), ([9, 70], [100, 1]),
        ] {
            let size = zip(shape, strides).map { ($0 - 1) * $1 }.reduce(1, +)
            let (x, z): ([Float], [Float]) = (
                randoms(size, using: &generator), randoms(size, using: &generator)
            )
            for opcode in [BRAID_ADD, BRAID_SUB, BRAID_MAX, BRAID_EXP] {
                func run(inPlace: Bool) -> [Float] {
                    let (a, b, y) = (DenseInput(x), DenseInput(z), DenseInput(x))
                    let output = inPlace ? a : y
                    runTiles(
                        set,
                        [
                            braid_instruction(
                                opcode, BRAID_F32, d: stream(2), a: stream(0), b: stream(1))
                        ],
                        [a, b, output].map { Operand($0, strides: strides) }, over: shape)
                    return output.values(size)
                }
                expectSame(run(inPlace: true), run(inPlace: false), "\(opcode) \(shape)")
            }
        }
    }

    /// Many streams of several types and all registers at once.
    @Test(arguments: InstructionSet.available)
    func manyOperands(set: InstructionSet) {
        var generator = SeededGenerator(10)
        let inputs = Int(BRAID_MAX_STREAMS) - 1, count = 600
        let x = (0..<inputs).map { _ in randoms(count, using: &generator) as [Float] }
        // Sums of three streams in each register (every third broadcast), then of the registers.
        var code: [braid_instruction] = []
        let registers = Int(BRAID_REGISTERS)
        for i in 0..<inputs {
            let register = i % registers
            code.append(
                i < registers
                    ? braid_instruction(BRAID_COPY, BRAID_F32, d: register, a: stream(i))
                    : braid_instruction(
                        BRAID_ADD, BRAID_F32, d: register, a: register, b: stream(i)))
        }
        for register in 1..<registers {
            code.append(braid_instruction(BRAID_ADD, BRAID_F32, d: 0, a: 0, b: register))
        }
        code.append(
            braid_instruction(BRAID_CAST, BRAID_F32, to: BRAID_F64, d: stream(inputs), a: 0))
        let y = DenseInput([Double](repeating: 0, count: count))
        let isBroadcast = { (i: Int) in i % 3 == 2 }
        runTiles(
            set, code,
            x.enumerated().map { Operand(DenseInput($1), strides: [isBroadcast($0) ? 0 : 1]) }
                + [Operand(y)], over: [count])
        let expected = (0..<count).map { element in
            var sums = [Float](repeating: 0, count: registers)
            for i in 0..<inputs {
                let value = x[i][isBroadcast(i) ? 0 : element]
                sums[i % registers] = i < registers ? value : sums[i % registers] + value
            }
            return Double(sums.dropFirst().reduce(sums[0], +))
        }
        expectSame(y.values(count), expected, "sum of \(inputs) streams")
    }
}
