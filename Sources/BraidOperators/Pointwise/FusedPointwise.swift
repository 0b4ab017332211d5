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

    /// Runs the tile program.
    public func evaluate(_ context: borrowing KernelContext) {
        let count = instructionCount
        withUnsafeTemporaryAllocation(of: braid_instruction.self, capacity: count) { code in
            for (index, instruction) in program.instructions.enumerated() {
                code.initializeElement(at: index, to: instruction.code)
            }
            withStreams(context) { streams in
                // As much work per piece as a program of one instruction has.
                let tile = Int(BRAID_TILE)
                runTileProgram(
                    UnsafeBufferPointer(code), streams, over: shape,
                    pieceLength: max(pieceCount / (tile * max(count, 1)), 1) * tile
                ) { pieces, body in context.parallelFor(pieces, body) }
            }
        }
    }

    /// The operands of the program in the order of their numbers.
    private func withStreams(
        _ context: borrowing KernelContext, _ body: (UnsafeBufferPointer<braid_stream>) -> Void
    ) {
        let (inputs, outputs) = (context.inputs, context.outputs)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: program.constants.count) {
            scalars in
            withUnsafeTemporaryAllocation(
                of: braid_stream.self, capacity: program.streamCount
            ) { streams in
                var next = 0
                func append(_ stream: braid_stream) {
                    streams.initializeElement(at: next, to: stream)
                    next += 1
                }
                for input in inputs { append(braid_stream(input, over: shape)) }
                for (index, constant) in program.constants.enumerated() {
                    let element = UnsafeMutableRawPointer(scalars.baseAddress! + index)
                    append(braid_stream(constant, in: element))
                }
                for output in outputs {
                    var stream = braid_stream(output, over: shape)
                    stream.is_output = 1
                    append(stream)
                }
                body(UnsafeBufferPointer(streams))
            }
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
