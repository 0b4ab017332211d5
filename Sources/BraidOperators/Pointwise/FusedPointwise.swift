public import BraidCore
import CBraidKernels

/// Several pointwise operators in one walk over their operands: what the fusion pass makes of them.
///
/// The tile program reads inputs that broadcast to `shape` and writes one or more outputs of that
/// shape; what lies between stays in registers. Passes run after differentiation, so that nothing
/// flows back.
public struct FusedPointwise: Operator {
    /// The name in files.
    public static let name = "fused_pointwise"
    /// Pointwise; without a gradient rule.
    public static let traits: OperatorTraits = [.pointwise, .notDifferentiable]
    /// As many operands as the program has inputs.
    public static let arity: Int? = nil

    /// The extents that inputs broadcast to and outputs have.
    public let shape: Shape
    package let program: TileProgram

    package init(_ shape: Shape, _ program: TileProgram) {
        self.shape = shape
        self.program = program
    }

    /// How many instructions the program has.
    public var instructionCount: Int { program.instructions.count }

    /// The type of the first output.
    /// - Throws: as `outputs(for:)`.
    public func output(for inputs: Span<TensorType>) throws(ArrayError) -> TensorType {
        try outputs(for: inputs)[0]
    }

    /// The program's output dtypes and `shape`.
    /// - Throws: `ArrayError` for a program that cannot run, other dtypes than its inputs have, and
    ///   shapes that do not broadcast to `shape`.
    public func outputs(for inputs: Span<TensorType>) throws(ArrayError) -> [TensorType] {
        if let problem = program.problem() {
            throw ArrayError(.invalidValue, in: Self.name, problem)
        }
        try require(
            inputs.count == program.inputs.count, .shapeMismatch,
            "takes \(program.inputs.count) operands, not \(inputs.count)")
        for index in 0..<inputs.count {
            let (input, expected) = (inputs[index], program.inputs[index])
            try require(input, "\(expected) as operand \(index)") { $0 == expected }
            try require(
                input.shape.broadcast(with: shape) == shape, .shapeMismatch,
                "operand \(index) of shape \(input.shape) does not broadcast to \(shape)")
        }
        return program.outputs.map { TensorType($0, shape) }
    }

    /// An operation for every element of every instruction.
    public func cost(for inputs: Span<TensorType>, output: TensorType) -> Int {
        saturatingProduct(max(instructionCount, 1), shape.elementCount)
    }

    /// Whether nothing reads the input after the output is written.
    public func mayOverwrite(input: Int, with output: Int) -> Bool {
        program.mayOverwrite(input: input, with: output)
    }

    /// Room for operands that are too many for the stack, as the kernels take them.
    public func scratchByteCount(for inputs: Span<TensorType>) -> Int {
        let room = Room(program)
        return room.byteCount > Self.stackByteCount ? room.byteCount : 0
    }

    /// Temporary memory up to this size lies on the stack.
    private static let stackByteCount = 1024

    /// Where the program's operands lie in temporary memory: constants, then streams.
    private struct Room {
        let streams: Int
        let byteCount: Int

        init(_ program: TileProgram) {
            streams = program.constants.count * MemoryLayout<UInt64>.stride
            byteCount = streams + program.streamCount * MemoryLayout<braid_stream>.stride
        }
    }

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) {
        if let scratch = context.scratch { return evaluate(context, in: scratch) }
        let byteCount = Room(program).byteCount
        withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) {
            evaluate(context, in: $0.baseAddress!)
        }
    }

    private func evaluate(
        _ context: borrowing KernelContext, in memory: UnsafeMutableRawPointer
    ) {
        let streams = (memory + Room(program).streams).bindMemory(
            to: braid_stream.self, capacity: program.streamCount)
        initialize(streams, memory, context)
        // As much work per piece as a program of one instruction has.
        let tile = Int(BRAID_TILE)
        program.code.withUnsafeBufferPointer { code in
            runTileProgram(
                code, UnsafeBufferPointer(start: streams, count: program.streamCount), over: shape,
                pieceLength: max(pieceCount / (tile * max(code.count, 1)), 1) * tile
            ) { pieces, body in context.parallelFor(pieces, body) }
        }
    }

    /// Writes the operands of the program in the order of their numbers.
    private func initialize(
        _ streams: UnsafeMutablePointer<braid_stream>, _ scalars: UnsafeMutableRawPointer,
        _ context: borrowing KernelContext
    ) {
        var next = streams
        func append(_ stream: braid_stream) {
            next.initialize(to: stream)
            next += 1
        }
        for input in context.inputs { append(braid_stream(input, over: shape)) }
        for (index, constant) in program.constants.enumerated() {
            append(braid_stream(constant, in: scalars + index * MemoryLayout<UInt64>.stride))
        }
        for output in context.outputs {
            var stream = braid_stream(output, over: shape)
            stream.is_output = 1
            append(stream)
        }
    }
}

extension braid_stream {
    /// One element, written as `Fill` writes it, everywhere.
    fileprivate init(_ constant: TileProgram.Constant, in element: UnsafeMutableRawPointer) {
        let fill = braid_instruction(BRAID_CONST, constant.dtype, scalar: constant.value)
        withUnsafePointer(to: fill) {
            Kernels.table.pointee.tile_apply($0, element, element, element, element, 1)
        }
        self.init()
        base = element
        dtype = constant.dtype.rawValue
    }
}
