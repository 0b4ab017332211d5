import Braid

/// Absurd attributes of functions of arrays beside those of shapes: axes of reductions and of indices,
/// constants, windows.
extension AttributeTests.Row {
    static let functions = axes + indices + constants + datasets

    private static let axes = [
        Self("mean", "axis 3") { $0.mean(over: 3) },
        Self("mean", "axis") { $0.mean(over: [0, 0]) },
        Self("product", "axis -4") { $0.product(over: -4) },
        Self("max", "axis 3") { $0.max(over: 3) },
        Self("min", "axis 9223372036854775807") { $0.min(over: .max) },
        Self("all", "axis 3") { ($0 .> 0).all(over: 3) },
        Self("any", "axis 3") { ($0 .> 0).any(over: 3) },
        Self("argmin", "axis -9223372036854775808") { $0.argmin(over: .min) },
        Self("logSumExp", "axis 3") { $0.logSumExp(over: 3) },
        Self("variance", "axis 3") { $0.variance(over: 3) },
        Self("standardDeviation", "axis 3") { $0.standardDeviation(over: 3) },
        Self("standardDeviation", "correction inf") {
            $0.standardDeviation(over: 0, correction: .infinity)
        },
        Self("norm", "axis 3") { $0.norm(over: 3) },
        Self("logSoftmax", "axis -4") { $0.logSoftmax(axis: -4) },
        Self("sorted", "axis 3") { $0.sorted(axis: 3) },
        Self("argsorted", "axis -4") { $0.argsorted(axis: -4) },
        Self("topK", "axis 3") { $0.topK(1, axis: 3).values },
        Self("cumulativeProduct", "axis 3") { $0.cumulativeProduct(axis: 3) },
        Self("linearRecurrence", "axis 3") { linearRecurrence($0, $0, axis: 3) },
        Self("unstacked", "axis 3") { $0.unstacked(axis: 3).first ?? $0 },
        Self("shuffled", "axis 3") { $0.shuffled(axis: 3) },
    ]

    private static let indices = [
        Self("gathered", "axis 3") { $0.gathered(at: places, axis: 3) },
        Self("taken", "axis 3") { $0.taken(at: places, alongAxis: 3) },
        Self("scattered", "axis -4") { $0.scattered(.ones([1]), at: places, alongAxis: -4) },
        Self("scatterAdded", "axis 3") { $0.scatterAdded(.ones([1]), at: places, alongAxis: 3) },
        Self("oneHot", "at most 8 extents") { _ in
            places.reshaped(to: [1, 1, 1, 1, 1, 1, 1, 1]).oneHot(classes: 2)
        },
        Self("categorical", "at most 8 extents") { _ in
            .categorical(logits: .ones([1, 1, 1, 1, 1, 1, 1, 2]), count: 1)
        },
        Self("oneHot", "-1 classes") { _ in places.oneHot(classes: -1) },
        Self("oneHot", "9223372036854775807 classes") { _ in places.oneHot(classes: .max) },
    ]

    private static var places: NDArray { NDArray([0] as [Int64]) }

    private static let constants = [
        Self("clamped", "300") { $0.cast(to: .u8).clamped(to: 0...300) },
        Self("minimum", "-1.0") { minimum($0.cast(to: .u8), -1) },
        Self("maximum", "0.5") { maximum($0.cast(to: .i32), 0.5) },
        Self("remainder", "0.5") { $0.cast(to: .i32).remainder(dividingBy: 0.5) },
        Self("floorDivided", "nan") { $0.cast(to: .i32).floorDivided(by: .nan) },
        Self("modulo", "1e+300") { $0.cast(to: .i32).modulo(1e300) },
        Self("dividedTruncating", "inf") { $0.cast(to: .i32).dividedTruncating(by: .infinity) },
        Self("power", "0.5") { $0.cast(to: .i32).power(0.5) },
        Self("power", "nan") { .power(.nan, $0.cast(to: .i32)) },
        Self("filled", "300") { $0.cast(to: .u8).filled(with: 300, where: $0 .> 0) },
        Self("swish", "beta inf") { $0.swish(beta: .infinity) },
        Self("swish", "beta 1e+300") { $0.swish(beta: 1e300) },
        Self("rmsNormalized", "epsilon nan") { $0.rmsNormalized(epsilon: .nan) },
        Self("rmsNormalized", "last 4 axes") { $0.rmsNormalized(overLast: 4) },
        Self("instanceNormalized", "epsilon -1.0") { $0.instanceNormalized(epsilon: -1) },
        Self("adaptiveAveragePooled", "output -1") { $0.adaptiveAveragePooled(to: -1) },
        Self("transposedConvolution", "stride 0") {
            $0.transposedConvolution(.ones([4, 3, 2]), stride: 0)
        },
        Self("transposedConvolution", "outputPadding 9223372036854775807") {
            $0.transposedConvolution(.ones([4, 3, 2]), outputPadding: Int.max)
        },
        making("Spatial.subscript", "axis 2") { _ = Spatial([1, 2])[2] },
        making("Spatial.spatial", "3 spatial axes") { _ = Spatial([1, 2]).spatial(rank: 3) },
        making("Int.spatial", "not 0") { _ = 5.spatial(rank: 0) },
        making("[Int].spatial", "1 spatial axes") { _ = [1, 2].spatial(rank: 1) },
        making("Shape", "[-1, 2]") { _ = Shape([-1, 2]) },
        making("Parameter.resolve", "[3]") {
            Parameter([2], initializer: .zeros).resolve([3], for: "layer")
        },
        making("Parameter.moveAverage", "momentum nan") {
            Parameter([1], initializer: .zeros).moveAverage(toward: .ones([1]), momentum: .nan)
        },
        making("Parameter.moveAverage", "momentum 1.5") {
            Parameter([1], initializer: .zeros).moveAverage(toward: .ones([1]), momentum: 1.5)
        },
    ]

    private static var dataset: ArrayDataset {
        ArrayDataset(inputs: .ones([4, 2]), labels: .ones([4]))
    }

    private static let datasets = [
        making("DataLoader", "batchSize 0") { _ = DataLoader(dataset, batchSize: 0) },
        making("DataLoader", "workers -1") {
            _ = DataLoader(dataset, batchSize: 2, workers: -1)
        },
        making("DataLoader", "prefetch 0") {
            _ = DataLoader(dataset, batchSize: 2, workers: 1, prefetch: 0)
        },
        making("Dataset.prefix", "samples -1") { _ = dataset.prefix(-1) },
        making("Dataset.shard", "part 2 of 2") { _ = dataset.shard(2, of: 2) },
        making("Dataset.shard", "part 0 of 0") { _ = dataset.shard(0, of: 0) },
        making("Dataset.samples", "sample 4 of 4") { _ = dataset.samples(at: [0, 4]) },
        making("SequentialSampler.samples", "count -1") {
            _ = SequentialSampler().samples(of: -1, epoch: 0)
        },
        making("SequentialSampler.samples", "count 9223372036854775807") {
            _ = SequentialSampler().samples(of: .max, epoch: 0)
        },
        making("RandomSampler.samples", "count -1") {
            _ = RandomSampler(seed: 1).samples(of: -1, epoch: -1)
        },
        making("Shards", "shards must be in 1...1024, not 0") { _ = Shards(0) },
        making("Shards.samples", "shard 4 of 4") { _ = Shards(4).samples(of: 4, batchSize: 8) },
        making("Shards.samples", "batchSize 9223372036854775807") {
            _ = Shards(4).samples(of: 3, batchSize: .max)
        },
        making("LocalStore.push", "shard -1 of 2") {
            LocalStore(Shards(2)).push(nil, key: .min, shard: -1)
        },
        making("LocalStore.pull", "key -1") { _ = LocalStore(Shards(2)).pull(-1) },
    ]
}
