import BraidCore
public import BraidFormats
import BraidRuntime

/// Handwritten digits of 8x8 pixels: 1,797 real images, bundled with the package.
///
/// They are the test part of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak
/// (UCI Machine Learning Repository, CC BY 4.0), as scikit-learn ships them. A fifth is kept for
/// testing: the first 359 images of one fixed shuffle, which depends on no option and takes no notice
/// of the classes; so results of different runs can be compared.
///
/// ```swift
/// let digits = try Digits.load()
/// for batch in DataLoader(digits.training, batchSize: 64, shuffled: true) { … }
/// ```
public struct Digits: Sendable {
    /// 1,438 images to learn from: f32 `[count, 1, height, width]` in 0...1 (0 is background), and
    /// i64 labels `[count]`.
    public let training: ArrayDataset
    /// 359 images to test with, as `training`.
    public let test: ArrayDataset

    private let file: DigitsFile

    /// Pixel rows of an image.
    public var height: Int { file.height }
    /// Pixels of a row.
    public var width: Int { file.width }
    /// The number of classes; labels are in `0..<classes`.
    public var classes: Int { file.classes }

    /// Loads the bundled images. The working folder does not matter; the environment variable
    /// `BRAID_DATA_DIRECTORY` names another folder with a file `digits.bin`.
    /// - Throws: `DataError` naming the file that is missing or malformed.
    public static func load() throws(DataError) -> Digits { Digits(try .bundled()) }

    package init(_ file: DigitsFile) {
        let split = Digits.split(count: file.count)
        self.file = file
        training = Digits.dataset(file, split.training)
        test = Digits.dataset(file, split.test)
    }

    /// The sample numbers of both parts.
    package static func split(count: Int) -> (training: [Int], test: [Int]) {
        var order = Array(0..<count)
        var generator = SplitMix64(seed: 0x6469_6769_7473)  // "digits"
        generator.shuffle(&order)
        return (Array(order[(count / 5)...]), Array(order[..<(count / 5)]))
    }

    private static func dataset(_ file: DigitsFile, _ samples: [Int]) -> ArrayDataset {
        let imageSize = file.height * file.width
        let scale = 1 / Float(file.maximumPixel)
        let inputs = samples.flatMap { sample in
            file.pixels[(sample * imageSize)..<((sample + 1) * imageSize)].map { Float($0) * scale }
        }
        return ArrayDataset(
            inputs: NDArray(inputs, shape: [samples.count, 1, file.height, file.width]),
            labels: NDArray(samples.map { Int64(file.labels[$0]) }))
    }
}
