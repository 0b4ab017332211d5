import BraidCore
public import BraidFormats
import BraidOperators
import BraidPlatform
public import BraidRuntime

/// Arrays in NumPy's `.npy` files.
///
/// ```swift
/// let images = try NPYFile.read("images.npy")
/// try NPYFile.write(images.transposed(), to: "transposed.npy")
/// ```
public enum NPYFile {
    /// Reads an array, as `numpy.save` writes it: format version 1.0, 2.0 or 3.0; floating-point
    /// numbers of 2, 4 or 8 bytes, signed and unsigned integers of 1 to 8 bytes, and truth values; of
    /// either byte order; row-major or column-major ("Fortran order").
    ///
    /// Nothing in a file is run, and no more memory is taken than the file is long.
    /// - Throws: `DataError`: `.missing` or `.unreadable` when the file cannot be read, `.malformed`
    ///   when it breaks the format or has another length than its header says, `.unsupported` when
    ///   Braid has no dtype or shape for it, `.tooLarge` when there is no memory for it.
    public static func read(_ path: String) throws(DataError) -> NDArray {
        let file: InputFile
        do throws(SystemError) {
            file = try InputFile(path: path, accepts: NPYHeader.canBegin)
        } catch {
            throw DataError(error, path: path, expected: "an .npy file")
        }
        return try read(from: file, path: path)
    }

    /// Reads an array from what holds the bytes of such a file.
    static func read(
        from file: borrowing InputFile, path: String
    ) throws(DataError) -> NDArray {
        let fileByteCount: Int
        do throws(SystemError) { fileByteCount = try file.byteCount() } catch {
            throw DataError(error, path: path, expected: "an .npy file")
        }
        let (header, dataStart) = try NPYHeader.read(
            from: file, fileByteCount: fileByteCount, path: path)
        let (element, shape) = try header.types(path: path)
        let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(
            by: element.dtype.size)
        guard !overflow, byteCount == fileByteCount - dataStart else {
            throw DataError(
                .malformed, path: path,
                "has \(fileByteCount - dataStart) bytes of data; expected those of "
                    + "\(shape.elementCount) elements of \(element.dtype.size) bytes, shape "
                    + "\(shape)")
        }
        // Column-major elements are the row-major ones of the reversed shape.
        let extents = shape.extents
        let stored = header.isFortranOrder ? Shape(extents.reversed()) : shape
        let type = TensorType(element.dtype, stored)
        let array = try NDArray(reserving: type, path: path)
        let buffer = UnsafeMutableRawBufferPointer(start: array.storage.address, count: byteCount)
        do throws(SystemError) { try file.read(into: buffer, at: dataStart) } catch {
            throw DataError(error, path: path, expected: "an .npy file")
        }
        if element.isSwapped { buffer.reverseBytes(ofElements: element.dtype.size) }
        if element.dtype == .bool, let place = buffer.firstIndex(where: { $0 > 1 }) {
            throw DataError(
                .malformed, path: path,
                "has the truth value \(buffer[place]) at element \(place) of its data; expected 0 or 1"
            )
        }
        return header.isFortranOrder && extents.count > 1 ? array.transposed() : array
    }

    /// Writes an array, for `numpy.load`: format version 1.0, row-major, the data at a multiple of 64
    /// bytes. The file appears whole or not at all; `-`, pipes and devices get the bytes at once.
    /// - Throws: `DataError`: `.unsupported` for dtype `bf16`, which NumPy lacks, `.unwritable` when
    ///   the file cannot be written; `ArrayError` when there is no memory for a dense copy;
    ///   `EngineError` when the elements cannot be computed.
    public static func write(_ array: NDArray, to path: String) throws {
        let header = try header(of: array, path: path)
        let dense = try validating { array.dense() }
        try dense.withBytes { data in
            do {
                let file = try AtomicFile(path: path)
                try header.withUnsafeBytes { try file.write($0) }
                try file.write(data)
                try file.commit()
            } catch let error as ModelFileError {
                throw DataError(.unwritable, path: path, error.message)
            }
        }
    }

    /// What stands before the data of an array.
    static func header(of array: NDArray, path: String) throws(DataError) -> [UInt8] {
        guard let description = NPYElementType.description(of: array.dtype) else {
            throw DataError(
                .unsupported, path: path,
                "cannot hold \(array.dtype), which NumPy lacks; cast the array, to f32 for instance"
            )
        }
        return NPYHeader.encoded(description: description, extents: array.shape.extents)
    }
}
