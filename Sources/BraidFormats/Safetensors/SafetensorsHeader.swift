import BraidPlatform

/// What stands before the data of a safetensors file, checked in every part.
struct SafetensorsHeader {
    /// The largest header that is read, as in the format's definition.
    static let maximumByteCount = 100_000_000
    static let metadataKey = "__metadata__"

    private(set) var tensors: [SafetensorsContainer.Tensor] = []
    private(set) var metadata: [(String, String)] = []
    private let path: String

    /// Checks a header.
    /// - Parameters:
    ///   - json: the header's bytes.
    ///   - dataByteCount: the number of bytes that follow it in the file.
    /// - Throws: `ModelFileError` saying what is wrong where, and what was expected.
    init(_ json: [UInt8], dataByteCount: Int, path: String) throws(ModelFileError) {
        self.path = path
        for (name, value) in try fields(json) {
            if name == Self.metadataKey {
                metadata = try metadata(value)
            } else {
                try add(name, value)
            }
        }
        try checkThatDataIsCovered(dataByteCount)
    }

    private func fields(_ json: [UInt8]) throws(ModelFileError) -> [(String, JSON)] {
        do throws(JSONError) {
            let header = try JSONParser.parse(json)
            if case .object(let fields) = header { return fields }
            throw JSONError(
                code: .syntax, offset: 0, message: "expected an object, found \(header.kind)")
        } catch {
            let code: ModelFileError.Code = error.code == .duplicateKey ? .invalidName : .malformed
            throw ModelFileError(
                code, path: path, "not a safetensors file: the header's \(error)")
        }
    }

    private func metadata(_ value: JSON) throws(ModelFileError) -> [(String, String)] {
        guard case .object(let pairs) = value else {
            throw malformed(Self.metadataKey, "is \(value.kind); expected an object of strings")
        }
        var metadata: [(String, String)] = []
        for (key, value) in pairs {
            guard case .string(let text) = value else {
                throw malformed(
                    Self.metadataKey,
                    "holds \(value.kind) under '\(key.printable)'; expected a string")
            }
            metadata.append((key, text))
        }
        return metadata
    }

    private mutating func add(_ name: String, _ value: JSON) throws(ModelFileError) {
        guard case .string(let typeName)? = value["dtype"] else {
            throw malformed(name, "has no dtype; expected a string such as \"F32\"")
        }
        guard let extents = integers(value["shape"]) else {
            throw malformed(name, "has no shape; expected an array of integers")
        }
        guard extents.allSatisfy({ $0 >= 0 }) else {
            throw ModelFileError(
                .unsupportedType, path: path,
                "tensor '\(name.printable)' has shape "
                    + "\(SafetensorsContainer.Tensor.description(of: extents)); no extent is below 0"
            )
        }
        guard let range = integers(value["data_offsets"]), range.count == 2 else {
            throw malformed(name, "has no data_offsets; expected an array of two integers")
        }
        let (begin, end) = (range[0], range[1])
        guard begin >= 0, begin <= end else {
            throw malformed(name, "has data_offsets [\(begin), \(end)]; expected 0 <= begin <= end")
        }
        tensors.append(.init(name: name, dtype: typeName, extents: extents, data: begin..<end))
    }

    private func integers(_ value: JSON?) -> [Int]? {
        guard case .array(let values)? = value else { return nil }
        var integers: [Int] = []
        for value in values {
            guard case .integer(let integer) = value else { return nil }
            integers.append(Int(integer))
        }
        return integers
    }

    /// The format has no room between tensors, nor before the first and after the last.
    private func checkThatDataIsCovered(_ dataByteCount: Int) throws(ModelFileError) {
        let order = tensors.sorted {
            ($0.data.lowerBound, $0.data.upperBound) < ($1.data.lowerBound, $1.data.upperBound)
        }
        var end = 0
        for entry in order {
            let begin = entry.data.lowerBound
            guard begin == end else {
                let fault = begin < end ? "overlaps another tensor" : "follows a gap"
                throw malformed(
                    entry.name,
                    "\(fault): it begins at byte \(begin) of the data; expected \(end)")
            }
            end = entry.data.upperBound
            guard end <= dataByteCount else {
                throw malformed(
                    entry.name,
                    "ends at byte \(end) of the data, but the file holds \(dataByteCount) bytes of data"
                )
            }
        }
        guard end == dataByteCount else {
            throw ModelFileError(
                .malformed, path: path,
                "the file holds \(dataByteCount) bytes of data; its tensors have \(end)")
        }
    }

    private func malformed(_ name: String, _ message: String) -> ModelFileError {
        let subject = name == Self.metadataKey ? name : "tensor '\(name.printable)'"
        return ModelFileError(.malformed, path: path, "\(subject) \(message)")
    }
}
