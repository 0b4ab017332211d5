package import BraidCore
package import CBraidKernels

/// An operator that is one instruction of a tile program: it has no kernel of its own. Eager calls
/// run a program of that instruction; fusion concatenates the instructions of several operators.
package protocol PointwiseOperator: Operator {
    /// The instruction's opcode, types and immediate; the operands are the inputs in order.
    func instruction(for inputs: UnsafeBufferPointer<TensorView>) -> braid_instruction
}

extension PointwiseOperator {
    package func run(_ context: borrowing KernelContext) {
        runTileProgram(
            instruction(for: context.inputs), context.inputs, context.outputs.baseAddress!
        ) { pieces, body in context.parallelFor(pieces, body) }
    }
}

/// Elements per piece of a large tile program of one instruction; a multiple of the tile, so that
/// splitting changes no bits.
let pieceCount = 1 << 15

/// Runs a program of one instruction, whose operands are the inputs in order, over the iteration
/// space of `output`; inputs broadcast.
@inline(__always)
func runTileProgram(
    _ operation: braid_instruction, _ inputs: UnsafeBufferPointer<TensorView>,
    _ output: UnsafePointer<TensorView>, _ parallelFor: (Int, (Int) -> Void) -> Void
) {
    let count = output.pointee.type.count
    // An input that broadcasts to the output and has as many elements has them in the same order.
    guard output.pointee.isDense, inputs.allSatisfy({ $0.isDense && $0.type.count == count }) else {
        return runStreams(operation, inputs, output, parallelFor)
    }
    if count <= pieceCount { return apply(operation, inputs, output, 0, count) }
    parallelFor((count + pieceCount - 1) / pieceCount) { piece in
        let begin = piece * pieceCount
        apply(operation, inputs, output, begin, min(pieceCount, count - begin))
    }
}

/// The same for operands that are strided or stretched.
@inline(never)
private func runStreams(
    _ operation: braid_instruction, _ inputs: UnsafeBufferPointer<TensorView>,
    _ output: UnsafePointer<TensorView>, _ parallelFor: (Int, (Int) -> Void) -> Void
) {
    var instruction = operation
    // Streams are numbered from BRAID_REGISTERS on: the inputs, then the output.
    let first = UInt8(BRAID_REGISTERS)
    instruction.a = first
    instruction.b = inputs.count > 1 ? first + 1 : first
    instruction.c = inputs.count > 2 ? first + 2 : first
    instruction.d = first + UInt8(inputs.count)
    let shape = output.pointee.shape
    withUnsafeTemporaryAllocation(of: braid_stream.self, capacity: inputs.count + 1) { streams in
        for (index, input) in inputs.enumerated() {
            streams.initializeElement(at: index, to: braid_stream(input, over: shape))
        }
        var target = braid_stream(output.pointee, over: shape)
        target.is_output = 1
        streams.initializeElement(at: inputs.count, to: target)
        withUnsafePointer(to: instruction) { code in
            runTileProgram(
                UnsafeBufferPointer(start: code, count: 1), UnsafeBufferPointer(streams),
                over: shape, pieceLength: pieceCount, parallelFor)
        }
    }
}

/// Runs a program over the iteration space `shape`, in pieces of so many elements, a multiple of the
/// tile.
func runTileProgram(
    _ code: UnsafeBufferPointer<braid_instruction>, _ streams: UnsafeBufferPointer<braid_stream>,
    over shape: Shape, pieceLength: Int, _ parallelFor: (Int, (Int) -> Void) -> Void
) {
    let count = shape.elementCount
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: Shape.maximumRank) { extents in
        for axis in 0..<shape.rank {
            extents.initializeElement(at: axis, to: Int64(shape[axis]))
        }
        func run(_ begin: Int, _ end: Int) {
            Kernels.table.pointee.tile_run(
                code.baseAddress, Int32(code.count), streams.baseAddress, Int32(streams.count),
                Int32(shape.rank), extents.baseAddress, Int64(begin), Int64(end))
        }
        if count <= pieceLength { return run(0, count) }
        parallelFor((count + pieceLength - 1) / pieceLength) { piece in
            run(piece * pieceLength, min((piece + 1) * pieceLength, count))
        }
    }
}

/// Applies an instruction to `count` elements from `start` on; all operands are dense and have as
/// many elements as the output.
@inline(__always)
private func apply(
    _ instruction: braid_instruction, _ inputs: UnsafeBufferPointer<TensorView>,
    _ output: UnsafePointer<TensorView>, _ start: Int, _ count: Int
) {
    func element(_ view: UnsafePointer<TensorView>) -> UnsafeMutableRawPointer {
        view.pointee.address + start * view.pointee.dtype.size
    }
    let target = element(output)
    func input(_ index: Int, else other: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        index < inputs.count ? element(inputs.baseAddress! + index) : other
    }
    let a = input(0, else: target)
    let (b, c) = (input(1, else: a), input(2, else: a))
    withUnsafePointer(to: instruction) { code in
        Kernels.table.pointee.tile_apply(code, target, a, b, c, Int32(count))
    }
}

extension braid_stream {
    /// A view as seen from a (broadcast) shape: missing and stretched dimensions have stride 0.
    init(_ view: TensorView, over shape: Shape) {
        self.init()
        base = view.address
        dtype = view.dtype.rawValue
        let shift = shape.rank - view.shape.rank
        let viewStrides = view.strides
        withUnsafeMutableBytes(of: &strides) { bytes in
            let strides = bytes.assumingMemoryBound(to: Int64.self)
            for axis in 0..<view.shape.rank where view.shape[axis] == shape[axis + shift] {
                strides[axis + shift] = Int64(viewStrides[axis])
            }
        }
    }
}

extension braid_instruction {
    /// An instruction without immediate; operands are set where it is placed.
    init(_ opcode: braid_opcode, _ type: DType) {
        self.init()
        self.opcode = UInt8(opcode.rawValue)
        self.type = type.rawValue
    }

    /// An instruction with a scalar in the type's own form.
    init(_ opcode: braid_opcode, _ type: DType, scalar: Double) {
        self.init(opcode, type)
        if type.isFloating {
            immediate.f = scalar
        } else if let bits = UInt64(exactly: scalar) {
            immediate.i = Int64(bitPattern: bits)
        } else {
            // Negative: inference lets pass only what the type holds.
            immediate.i = Int64(scalar)
        }
    }
}

extension DType {
    /// Whether a scalar is a value of this type; floating-point types round what is not.
    package func holds(_ scalar: Double) -> Bool {
        func fits<T: FixedWidthInteger>(_ type: T.Type) -> Bool { T(exactly: scalar) != nil }
        return switch self {
        case .f32, .f64, .f16, .bf16: true
        case .i8: fits(Int8.self)
        case .i16: fits(Int16.self)
        case .i32: fits(Int32.self)
        case .i64: fits(Int64.self)
        case .u8: fits(UInt8.self)
        case .u16: fits(UInt16.self)
        case .u32: fits(UInt32.self)
        case .u64: fits(UInt64.self)
        case .bool: scalar == 0 || scalar == 1
        }
    }
}

/// Copies elements from one view to another of the same type and shape.
package func stridedCopy(
    from source: TensorView, to target: TensorView, splitter: (any WorkSplitter)? = nil
) {
    stridedCopy(from: source, to: target) { pieces, body in
        if let splitter {
            splitter.parallelFor(pieces, body)
        } else {
            for piece in 0..<pieces { body(piece) }
        }
    }
}

/// Copies elements from one view to another of the same type and shape.
func stridedCopy(
    from source: TensorView, to target: TensorView, _ parallelFor: (Int, (Int) -> Void) -> Void
) {
    withUnsafePointer(to: (source, target)) { pair in
        pair.withMemoryRebound(to: TensorView.self, capacity: 2) { views in
            runTileProgram(
                braid_instruction(BRAID_COPY, source.dtype),
                UnsafeBufferPointer(start: views, count: 1), views + 1, parallelFor)
        }
    }
}

extension KernelContext {
    /// Copies elements from one view to another of the same type and shape, on the pool.
    func copy(from source: TensorView, to target: TensorView) {
        stridedCopy(from: source, to: target) { pieces, body in parallelFor(pieces, body) }
    }
}
