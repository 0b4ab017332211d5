public import BraidCore
public import BraidFormats
import BraidOperators
import BraidPlatform
import BraidRuntime

/// A folder with images and labels for training and for testing, as MNIST, Fashion-MNIST and their
/// relatives come: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or with `.gz` behind its name; `train-images.idx3-ubyte` and so
/// on are the same, and so is `test` for `t10k`.
public struct IDXFolder: Sendable {
    /// The samples to learn from: f32 `[count, 1, height, width]` in 0...1, and i64 labels `[count]`.
    public let training: ByteImageDataset
    /// The samples to test with, as `training`.
    public let test: ByteImageDataset
    /// The number of classes: one more than the largest label.
    public let classes: Int
    /// Pixel rows of an image.
    public let height: Int
    /// Pixels of a row.
    public let width: Int

    /// Reads the folder's four files.
    /// - Throws: `DataError` naming the file that is missing, malformed or does not fit the others.
    public init(path: String) throws(DataError) {
        let (trainingImages, trainingLabels) = try Self.part(["train"], in: path)
        let (testImages, testLabels) = try Self.part(["t10k", "test"], in: path)
        (height, width) = (trainingImages.shape[1], trainingImages.shape[2])
        guard testImages.shape[1] == height, testImages.shape[2] == width else {
            throw DataError(
                .malformed, path: path,
                "has images of \(height)x\(width) pixels for training, but of "
                    + "\(testImages.shape[1])x\(testImages.shape[2]) for testing")
        }
        training = ByteImageDataset(images: trainingImages, labels: trainingLabels.values)
        test = ByteImageDataset(images: testImages, labels: testLabels.values)
        classes = max(trainingLabels.largest, testLabels.largest) + 1
    }

    private static func part(
        _ names: [String], in folder: String
    ) throws(DataError) -> (images: NDArray, labels: (values: NDArray, largest: Int)) {
        let imagePath = try file(names, "images", in: folder)
        let images = try IDXFile.read(imagePath)
        guard images.dtype == .u8, images.rank == 3, images.count > 0 else {
            throw DataError(
                .malformed, path: imagePath,
                "holds \(images.type); expected u8 [count, height, width]")
        }
        let labelPath = try file(names, "labels", in: folder)
        let labels = try IDXFile.read(labelPath)
        guard labels.dtype == .u8, labels.rank == 1, labels.count == images.shape[0] else {
            throw DataError(
                .malformed, path: labelPath,
                "holds \(labels.type); expected u8 [\(images.shape[0])], one label for each image")
        }
        let values: NDArray
        let largest: UInt8
        do {
            (values, largest) = try validating {
                (labels.cast(to: .i64), try labels.max().scalar(as: UInt8.self))
            }
        } catch let error as ArrayError {
            throw DataError(labels.type, error, path: labelPath)
        } catch {
            throw DataError(.unreadable, path: labelPath, "\(error)")
        }
        return (images, (values, Int(largest)))
    }

    /// What may stand between the parts of a name, as collections were packed differently.
    private static let separators = ["-", "."]

    /// The plain file when it is there, else the compressed one.
    /// - Parameter names: `train`, or `t10k` and what else people call it.
    private static func file(
        _ names: [String], _ content: String, in folder: String
    ) throws(DataError) -> String {
        let endings = content == "images" ? "idx3-ubyte" : "idx1-ubyte"
        for name in names {
            for separator in separators {
                let path = "\(folder)/\(name)-\(content)\(separator)\(endings)"
                for path in [path, path + ".gz"] where FolderListing.hasEntry(path) {
                    return path
                }
            }
        }
        throw DataError(
            .missing, path: "\(folder)/\(names[0])-\(content)-\(endings)",
            "there is no such file, and none with '.' for the last but one '-' or with .gz behind its "
                + "name; \(contents(of: folder)). Scripts/fetch-fashion-mnist makes such a folder")
    }

    /// What lies in a folder, for a message.
    private static func contents(of folder: String) -> String {
        do throws(SystemError) {
            let names = try FolderListing.names(in: folder)
            if names.isEmpty { return "the folder is empty" }
            let shown = names.prefix(12).map { "'\($0.printable)'" }.joined(separator: ", ")
            let rest = names.count - 12
            return "the folder has \(shown)" + (rest > 0 ? " and \(rest) more" : "")
        } catch {
            return "the folder cannot be listed: \(error)"
        }
    }
}

/// Images of one byte a pixel, kept as such; batches have them as f32 in 0...1.
public struct ByteImageDataset: Dataset {
    private let images: NDArray
    private let labels: NDArray

    /// A dataset of u8 images `[count, height, width]` and i64 labels `[count]`.
    init(images: NDArray, labels: NDArray) {
        let shape = images.shape
        self.images = images.reshaped(to: [shape[0], 1, shape[1], shape[2]])
        self.labels = labels
    }

    /// The number of images.
    public var count: Int { images.shape[0] }

    /// f32 `[1, height, width]`.
    public var inputType: TensorType { TensorType(.f32, images.shape.removing(0)) }
    /// i64 [].
    public var labelType: TensorType { labels.sampleType }

    /// The samples at `indices`: f32 `[count, 1, height, width]`, i64 `[count]`.
    public func batch(at indices: [Int]) -> Batch {
        let positions = NDArray(indices.map(Int64.init), shape: [indices.count])
        return Batch(
            input: images.gathered(at: positions, axis: 0).cast(to: .f32) * (1 / 255.0),
            label: labels.gathered(at: positions, axis: 0))
    }
}
