package import Braid

/// Types of arrays as options have them: `1x3x224x224`, `16x128:i32`, `scalar`, `scalar:f64`.
extension TensorType {
    /// What `--input` says.
    /// - Throws: `InputError` saying what is no shape and no dtype, and what is.
    package init(argument: String) throws(InputError) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let shape = try Shape(argument: parts[0])
        guard parts.count == 2 else {
            self.init(.f32, shape)
            return
        }
        guard let dtype = DType(named: String(parts[1])) else {
            throw InputError(
                "no dtype is called '\(parts[1])'; the dtypes are "
                    + DType.allCases.map(\.description).joined(separator: ", "))
        }
        self.init(dtype, shape)
    }

    /// The shortest text that `init(argument:)` reads as this type.
    package var argument: String {
        let extents =
            rank == 0 ? "scalar" : shape.extents.map { "\($0)" }.joined(separator: "x")
        return dtype == .f32 ? extents : "\(extents):\(dtype)"
    }
}

extension Shape {
    fileprivate init(argument: Substring) throws(InputError) {
        if argument == "scalar" {
            self.init()
            return
        }
        var extents: [Int] = []
        for part in argument.split(separator: "x", omittingEmptySubsequences: false) {
            guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw InputError(
                    "'\(argument)' is no shape; write the extents with x between them, as "
                        + "1x3x224x224, or 'scalar', then :DTYPE if it is not f32")
            }
            // More digits than a number has are as wrong as a number that is too large.
            extents.append(Int(part) ?? .max)
        }
        guard let shape = Shape(exactly: extents) else {
            throw InputError("'\(argument)' is no shape: \(Shape.rule)")
        }
        self = shape
    }
}
