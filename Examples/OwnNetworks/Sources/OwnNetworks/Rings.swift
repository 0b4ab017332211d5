import Braid
import BraidTrain
import Foundation

/// The data of this package, for `rings-train`.
public enum Datasets: DatasetTable {
    /// One set.
    public static let datasets = [
        NamedDataset("rings", "Points of the plane on an inner and an outer ring") {
            try ClassificationData(
                training: Rings(count: 2_000, first: 0), test: Rings(count: 500, first: 2_000),
                classes: 2)
        }
    ]
}

/// Points on two rings: of an even number on the inner one, of an odd number on the outer one.
struct Rings: SampleDataset {
    let count: Int
    /// The number of the first point; each number has a point of its own.
    let first: Int
    let inputType = TensorType(.f32, [2])
    let labelType = TensorType(.i64, [])

    func sample(at index: Int) -> LabeledSample {
        let number = first + index
        // Multiples of irrational numbers spread points evenly without any luck.
        let angle =
            2 * Double.pi * (Double(number) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
        let noise = (Double(number) * 0.754_877_666_25).truncatingRemainder(dividingBy: 1) - 0.5
        let radius = (number % 2 == 0 ? 0.6 : 1.2) + 0.4 * noise
        return LabeledSample(
            input: NDArray([Float(radius * cos(angle)), Float(radius * sin(angle))]),
            label: NDArray(Int64(number % 2)))
    }
}
