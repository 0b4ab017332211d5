public import BraidCore
import BraidOperators
import BraidRuntime

/// A folder with images and labels for training and for testing, as MNIST, Fashion-MNIST and their
/// relatives come: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or with `.gz` behind its name.
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
        let (trainingImages, trainingLabels) = try Self.part("train", in: path)
        let (testImages, testLabels) = try Self.part("t10k", in: path)
        (height, width) = (trainingImages.shape[1], trainingImages.shape[2])
        guard testImages.shape[1] == height, testImages.shape[2] == width else {
            throw DataError(
                .malformed, path: path,
                "has images of \(height)x\(width) pixels for training, but of "
                    + "\(testImages.shape[1])x\(testImages.shape[2]) for testing")
        }
        training = ByteImageDataset(images: trainingImages, labels: trainingLabels.values)
        test = ByteImageDataset(images: testImages, labels: testLabels.values)
        classes = Int(max(trainingLabels.largest, testLabels.largest)) + 1
    }

    private static func part(
        _ name: String, in folder: String
    ) throws(DataError) -> (images: NDArray, labels: (values: [Int64], largest: Int64)) {
        let imagePath = try file("\(name)-images-idx3-ubyte", in: folder)
        let images = try IDXFile.read(imagePath)
        guard images.dtype == .u8, images.rank == 3, images.count > 0 else {
            throw DataError(
                .malformed, path: imagePath,
                "holds \(images.type); expected u8 [count, height, width]")
        }
        let labelPath = try file("\(name)-labels-idx1-ubyte", in: folder)
        let labels = try IDXFile.read(labelPath)
        guard labels.dtype == .u8, labels.rank == 1, labels.count == images.shape[0] else {
            throw DataError(
                .malformed, path: labelPath,
                "holds \(labels.type); expected u8 [\(images.shape[0])], one label for each image")
        }
        let values: [Int64]
        do { values = try labels.scalars(as: UInt8.self).map(Int64.init) } catch {
            throw DataError(.unreadable, path: labelPath, "\(error)")
        }
        return (images, (values, values.max()!))
    }

    /// The plain file when it is there, else the compressed one.
    private static func file(_ name: String, in folder: String) throws(DataError) -> String {
        for path in ["\(folder)/\(name)", "\(folder)/\(name).gz"] where canOpen(path) {
            return path
        }
        throw DataError(
            .missing, path: "\(folder)/\(name)",
            "there is no such file, and none with .gz behind its name; Scripts/fetch-fashion-mnist "
                + "makes such a folder")
    }

    private static func canOpen(_ path: String) -> Bool {
        do throws(SystemError) {
            _ = try FileDescriptor.reading(path)
            return true
        } catch {
            return !error.isMissingFile
        }
    }
}

/// Images of one byte a pixel, kept as such; batches have them as f32 in 0...1.
public struct ByteImageDataset: Dataset {
    private let images: NDArray
    private let labels: NDArray

    /// A dataset of u8 images `[count, height, width]`.
    init(images: NDArray, labels: [Int64]) {
        let shape = images.shape
        self.images = images.reshaped(to: [shape[0], 1, shape[1], shape[2]])
        self.labels = NDArray(labels)
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
