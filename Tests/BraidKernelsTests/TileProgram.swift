import CBraidKernels
import Testing

extension braid_instruction {
    /// An instruction whose operands are registers and streams by their numbers.
    init(
        _ opcode: braid_opcode, _ type: braid_dtype, to: braid_dtype = BRAID_F32, d: Int,
        a: Int = 0,
        b: Int = 0, c: Int = 0
    ) {
        self.init()
        self.opcode = UInt8(opcode.rawValue)
        self.type = UInt8(type.rawValue)
        self.to = UInt8(to.rawValue)
        self.d = UInt8(d)
        self.a = UInt8(a)
        self.b = UInt8(b)
        self.c = UInt8(c)
    }
}

/// The operand number of a stream.
func stream(_ index: Int) -> Int { Int(BRAID_REGISTERS) + index }

/// The operand of a tile program, with strides in elements.
struct Operand {
    let base: UnsafeMutableRawPointer
    let dtype: braid_dtype
    let strides: [Int]
    /// Keeps the elements alive.
    private let owner: DenseInput?

    init(_ input: DenseInput, strides: [Int] = [1]) {
        (base, dtype, self.strides, owner) = (input.base, input.dtype, strides, input)
    }

    /// Elements that the caller keeps alive.
    init(base: UnsafeMutableRawPointer, dtype: braid_dtype, strides: [Int] = [1]) {
        (self.base, self.dtype, self.strides, owner) = (base, dtype, strides, nil)
    }
}

/// Runs a program whose last stream is its output over part of an iteration space.
func runTiles(
    _ set: InstructionSet, _ code: [braid_instruction], _ operands: [Operand], over extents: [Int],
    _ range: Range<Int>? = nil
) {
    let streams = operands.enumerated().map { index, operand in
        var stream = braid_stream()
        stream.base = operand.base
        stream.dtype = UInt8(operand.dtype.rawValue)
        stream.is_output = index == operands.count - 1 ? 1 : 0
        withUnsafeMutableBytes(of: &stream.strides) { bytes in
            for (axis, stride) in operand.strides.enumerated() {
                bytes.storeBytes(of: Int64(stride), toByteOffset: axis * 8, as: Int64.self)
            }
        }
        return stream
    }
    let range = range ?? 0..<extents.reduce(1, *)
    withExtendedLifetime(operands) {
        set.kernels.tile_run(
            code, Int32(code.count), streams, Int32(streams.count), Int32(extents.count),
            extents.map(Int64.init), Int64(range.lowerBound), Int64(range.upperBound))
    }
}

/// Runs one instruction over dense inputs of `count` elements. Three elements after the output's end,
/// filled with `initial`, must not change.
func runInstruction<R: Equatable>(
    _ set: InstructionSet, _ instruction: braid_instruction, _ inputs: [DenseInput],
    output: braid_dtype, initial: R, count: Int
) -> [R] {
    var code = instruction
    code.d = UInt8(stream(inputs.count))
    code.a = UInt8(stream(0))
    code.b = UInt8(stream(inputs.count > 1 ? 1 : 0))
    code.c = UInt8(stream(inputs.count > 2 ? 2 : 0))
    var result = [R](repeating: initial, count: count + 3)
    result.withUnsafeMutableBytes { bytes in
        let output = Operand(base: bytes.baseAddress!, dtype: output)
        runTiles(set, [code], inputs.map { Operand($0) } + [output], over: [count])
    }
    #expect(result[count...].allSatisfy { $0 == initial }, "wrote past the end")
    return Array(result[..<count])
}

/// Elements of one type that live as long as this object.
final class DenseInput {
    let base: UnsafeMutableRawPointer
    let dtype: braid_dtype

    init<T>(_ values: [T], _ dtype: braid_dtype) {
        self.dtype = dtype
        base = .allocate(byteCount: values.count * MemoryLayout<T>.stride + 64, alignment: 64)
        values.withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
    }

    convenience init<T: KernelScalar>(_ values: [T]) { self.init(values, T.dtype) }

    func values<T>(_ count: Int, as type: T.Type = T.self) -> [T] {
        Array(UnsafeBufferPointer(start: base.assumingMemoryBound(to: T.self), count: count))
    }

    deinit { base.deallocate() }
}
