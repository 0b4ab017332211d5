// What the examples in documentation comments use without saying where it comes from.
import Braid
import BraidEngine
import BraidHybridize
import BraidTrain

let network = Sequential {
    Dense(16)
    Dense(10)
}
let trainer = Trainer(network.parameters, .sgd(learningRate: 0.1))
let x = NDArray.ones([8, 8])
let y = NDArray.ones([8, 8])
let row = NDArray.ones([8])
let sequence = NDArray.ones([5, 2, 8])
let images = NDArray.ones([2, 3, 8, 8])
let labels = NDArray([1, 2] as [Int64])
let samples = NDArray.ones([16, 4])
let weight = NDArray.ones([8, 8])
let (query, key, value) = (x, x, x)
let engine = Engine()
let file = try! ParameterFile(path: "network.safetensors")
let dataset = ArrayDataset(inputs: x, labels: labels)
let loader = DataLoader(dataset, batchSize: 2)

struct Rings: SampleDataset {
    let count = 2
    let inputType = TensorType(.f32, [2])
    let labelType = TensorType(.i64, [])
    func sample(at index: Int) -> LabeledSample {
        LabeledSample(input: NDArray.ones([2]), label: NDArray(Int64(index)))
    }
}

func rings() throws -> ClassificationData {
    try ClassificationData(training: Rings(), test: Rings(), classes: 2)
}

enum Networks: NetworkTable {
    static let networks = NamedNetwork.builtIn
}
