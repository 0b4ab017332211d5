import Braid
import Foundation
import Testing

/// A layer at a place where a careless derivative is NaN, with the value and the derivatives that are there,
/// in f64. With weights w = 1, 2, … the slope is the gradient of Σ w y, the curvature that of Σ w slope.
struct LayerEdge: Sendable, CustomTestStringConvertible {
    /// The layer's type, as its declaration names it.
    let type: String
    let testDescription: String
    let x: [Double]
    let shape: Shape
    let mode: Mode
    let value: [Double]
    let slope: [Double]
    let curvature: [Double]
    let make: Make
    typealias Make = @Sendable () -> any Block<NDArray, NDArray>

    /// A row; nothing bends when no curvature is given.
    init(
        _ type: String, _ place: String, _ x: [Double], _ shape: Shape, mode: Mode = .train,
        value: [Double], slope: [Double], curvature: [Double]? = nil,
        _ make: @escaping Make
    ) {
        self.type = type
        testDescription = "\(type) \(place)"
        (self.x, self.shape, self.mode) = (x, shape, mode)
        (self.value, self.slope) = (value, slope)
        self.curvature = curvature ?? x.map { _ in 0 }
        self.make = make
    }

    static let all: [LayerEdge] =
        normalizations + windows + adaptive + pointwise + linear + moves + recurrent
}

private let (inf, nan) = (Double.infinity, Double.nan)

/// The weights 1, 2, ….
private func weights(_ count: Int) -> [Double] { (0..<count).map { Double($0 + 1) } }

// MARK: Normalisations

extension LayerEdge {
    private static let epsilon = 0.01

    /// Elements that are equal within groups have the deviation 0: the values are 0, the slopes
    /// (w - the mean of w) / √ε, and the next term of the series is the third.
    private static func centred(
        _ type: String, _ place: String, _ shape: Shape, groups: [Int], _ numbers: [Double],
        _ make: @escaping Make
    ) -> [LayerEdge] {
        let w = weights(groups.count)
        let slope = groups.enumerated().map { index, group in
            let own = w.indices.filter { groups[$0] == group }
            let mean = own.reduce(0) { $0 + w[$1] } / Double(own.count)
            return (w[index] - mean) / epsilon.squareRoot()
        }
        let zeros = groups.map { _ in 0.0 }
        let equal = numbers.map { number in
            LayerEdge(
                type, "\(place) at \(number)", groups.map { _ in number }, shape, value: zeros,
                slope: slope, make)
        }
        // Each group has its own statistics, so that NaN and infinity stay within theirs.
        return equal
            + [nan, inf, -inf].map { number in
                func spread(_ others: [Double]) -> [Double] {
                    groups.indices.map { groups[$0] == 0 ? nan : others[$0] }
                }
                return LayerEdge(
                    type, "\(place) at \(number)",
                    groups.indices.map { $0 == 0 ? number : groups[$0] == 0 ? 1 : 2 }, shape,
                    value: spread(zeros), slope: spread(slope), curvature: spread(zeros), make)
            }
    }

    private static func empty(
        _ type: String, _ shape: Shape, mode: Mode = .train,
        _ make: @escaping Make
    ) -> LayerEdge {
        LayerEdge(type, "of nothing", [], shape, mode: mode, value: [], slope: [], make)
    }

    /// `x / √(mean of x² + ε)`, of one row, by its formulas.
    private static func rootMeanSquares(_ x: [Double]) -> LayerEdge {
        let (w, n) = (weights(x.count), Double(x.count))
        func dot(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let r = (dot(x, x) / n + epsilon).squareRoot()
        let (cube, sum) = (n * r * r * r, dot(w, x))
        return LayerEdge(
            "RMSNorm", "at \(x)", x, [1, x.count], value: x.map { $0 / r },
            slope: x.indices.map { w[$0] / r - sum * x[$0] / cube },
            curvature: x.indices.map { k in
                -(x[k] * dot(w, w) + 2 * w[k] * sum) / cube
                    + 3 * sum * sum * x[k] / (n * n * r * r * r * r * r)
            }
        ) { RMSNorm(x.count, epsilon: epsilon, dtype: .f64) }
    }

    private static let layerNorm: Make = { LayerNorm(epsilon: epsilon, dtype: .f64) }
    private static let batchNorm: Make = { BatchNorm(channels: 2, epsilon: epsilon, dtype: .f64) }
    private static let groupNorm: Make = {
        GroupNorm(groups: 2, channels: 4, epsilon: epsilon, dtype: .f64)
    }
    private static let instanceNorm: Make = {
        InstanceNorm(channels: 2, epsilon: epsilon, dtype: .f64)
    }

    private static let equal: [[LayerEdge]] = {
        let numbers = [0, -0.0, 1, -7]
        return [
            centred(
                "LayerNorm", "in rows", [2, 3], groups: [0, 0, 0, 1, 1, 1], numbers, layerNorm),
            centred("LayerNorm", "of one element", [2, 1], groups: [0, 1], [5], layerNorm),
            centred(
                "GroupNorm", "in groups", [1, 4, 2], groups: [0, 0, 0, 0, 1, 1, 1, 1], numbers,
                groupNorm),
            centred(
                "InstanceNorm", "in channels", [1, 2, 3], groups: [0, 0, 0, 1, 1, 1], numbers,
                instanceNorm),
            centred(
                "BatchNorm", "in channels", [3, 2], groups: [0, 1, 0, 1, 0, 1], numbers, batchNorm),
            centred("BatchNorm", "of one sample", [1, 2], groups: [0, 1], [3], batchNorm),
        ]
    }()

    private static let otherNorms: [LayerEdge] = {
        let r = (1 + epsilon).squareRoot()
        return [
            LayerEdge(
                "BatchNorm", "in prediction", [0, 1, inf, -inf, nan, -0.0], [3, 2],
                mode: .predict, value: [0, 1 / r, inf, -inf, nan, 0],
                slope: weights(6).map { $0 / r }, batchNorm),
            empty("LayerNorm", [0, 3], layerNorm), empty("BatchNorm", [0, 2], batchNorm),
            empty("BatchNorm", [0, 2], mode: .predict, batchNorm),
            empty("GroupNorm", [0, 4, 2], groupNorm),
            empty("InstanceNorm", [0, 2, 3], instanceNorm),
            empty("RMSNorm", [0, 3]) { RMSNorm(3, dtype: .f64) },
            LayerEdge(
                "RMSNorm", "at NaN", [nan, 1], [1, 2], value: [nan, nan], slope: [nan, nan],
                curvature: [nan, nan]
            ) { RMSNorm(2, dtype: .f64) },
        ]
    }()

    private static let roots: [[Double]] = [
        [0, 0, 0], [-0.0, 0, -0.0], [1, 1, 1], [-7, -7, -7], [2],
    ]

    static let normalizations: [LayerEdge] =
        equal.flatMap { $0 } + otherNorms + roots.map(rootMeanSquares)
}

// MARK: Pooling

extension LayerEdge {
    private typealias Place = (name: String, x: [Double], value: [Double], slope: [Double])

    /// The same row of numbers along one, two and three axes, as the layer for each takes it: a window of
    /// `[2]`, `[1, 2]` and `[1, 1, 2]`, a whole of the row's length.
    private static func row(
        _ type: String, _ place: Place, _ makes: [Make]
    ) -> [LayerEdge] {
        makes.enumerated().map { axis, make in
            LayerEdge(
                "\(type)\(axis + 1)D", place.name, place.x,
                Shape([1, 1] + Array(repeating: 1, count: axis) + [place.x.count]),
                value: place.value, slope: place.slope, make)
        }
    }

    private static func rows(_ type: String, _ places: [Place], _ makes: [Make]) -> [LayerEdge] {
        places.flatMap { row(type, $0, makes) }
    }

    private static let maxima: [Place] = [
        ("at ties", [1, 1, -3, -3], [1, -3], [1, 0, 2, 0]),
        ("at zeros of both signs", [-0.0, 0, 0, -0.0], [0, 0], [1, 0, 2, 0]),
        ("at infinity", [inf, inf, -inf, -inf], [inf, -inf], [1, 0, 2, 0]),
        ("at NaN", [1, nan, nan, inf], [nan, nan], [0, 1, 2, 0]),
        ("at one element more", [1, 2, 5], [2], [0, 1, 0]),
    ]

    private static let means: [Place] = [
        ("at ties", [1, 1, -3, -3], [1, -3], [0.5, 0.5, 1, 1]),
        ("at infinity", [inf, 1, inf, -inf], [inf, nan], [0.5, 0.5, 1, 1]),
        ("at NaN", [1, nan, -0.0, -0.0], [nan, 0], [0.5, 0.5, 1, 1]),
    ]

    private static let beside: [LayerEdge] = [
        LayerEdge(
            "MaxPool1D", "beside padding", [-inf, -inf], [1, 1, 2], value: [-inf, -inf],
            slope: [1, 2]
        ) { MaxPool1D(2, padding: 1) },
        empty("MaxPool1D", [0, 1, 4]) { MaxPool1D(2) },
        empty("AveragePool1D", [0, 1, 4]) { AveragePool1D(2) },
    ]

    /// The first maximum of a window takes its slope, as in PyTorch; NaN is a maximum.
    static let windows: [LayerEdge] =
        rows(
            "MaxPool", maxima,
            [{ MaxPool1D(2) }, { MaxPool2D([1, 2]) }, { MaxPool3D([1, 1, 2]) }])
        + rows(
            "AveragePool", means,
            [{ AveragePool1D(2) }, { AveragePool2D([1, 2]) }, { AveragePool3D([1, 1, 2]) }])
        + beside

    private static let wholeMaxima: [Place] = [
        ("at ties", [2, 2, 2], [2], [1, 0, 0]), ("at infinity", [1, inf, inf], [inf], [0, 1, 0]),
        ("at NaN", [inf, nan, nan], [nan], [0, 1, 0]), ("of one element", [-inf], [-inf], [1]),
    ]

    private static let wholeMeans: [Place] = [
        ("at ties", [2, 2], [2], [0.5, 0.5]), ("at infinity", [inf, 1], [inf], [0.5, 0.5]),
        ("at both infinities", [inf, -inf], [nan], [0.5, 0.5]),
        ("at NaN", [nan, 1], [nan], [0.5, 0.5]), ("of one element", [-0.0], [0], [1]),
    ]

    static let adaptive: [LayerEdge] =
        rows(
            "GlobalMaxPool", wholeMaxima,
            [{ GlobalMaxPool1D() }, { GlobalMaxPool2D() }, { GlobalMaxPool3D() }])
        + rows(
            "AdaptiveMaxPool", wholeMaxima,
            [{ AdaptiveMaxPool1D(1) }, { AdaptiveMaxPool2D(1) }, { AdaptiveMaxPool3D(1) }])
        + rows(
            "GlobalAveragePool", wholeMeans,
            [{ GlobalAveragePool1D() }, { GlobalAveragePool2D() }, { GlobalAveragePool3D() }])
        + rows(
            "AdaptiveAveragePool", wholeMeans,
            [
                { AdaptiveAveragePool1D(1) }, { AdaptiveAveragePool2D(1) },
                { AdaptiveAveragePool3D(1) },
            ])
}

// MARK: Element by element

extension LayerEdge {
    /// A function of each element, with the slopes' own factors.
    private static func elements(
        _ type: String, _ place: String, mode: Mode = .train, shape: Shape? = nil,
        _ x: [Double], value: [Double], slope: [Double], curvature: [Double]? = nil,
        _ make: @escaping Make
    ) -> LayerEdge {
        let w = weights(x.count)
        return LayerEdge(
            type, place, x, shape ?? [x.count], mode: mode, value: value,
            slope: zip(w, slope).map(*),
            curvature: curvature.map { zip(w, $0).map { $0 * $0 * $1 } }, make)
    }

    static let pointwise: [LayerEdge] = [
        elements(
            "PReLU", "at its corner", [0, -0.0, 2, -2, inf, -inf, nan],
            value: [0, 0, 2, -1, inf, -inf, nan], slope: [0.5, 0.5, 1, 0.5, 1, 0.5, 0.5]
        ) { PReLU(initializer: .constant(0.5), dtype: .f64) },
        elements("PReLU", "of a number", shape: [], [-2], value: [-1], slope: [0.5]) {
            PReLU(initializer: .constant(0.5), dtype: .f64)
        },
        elements(
            "PReLU", "with channels", shape: [2, 2], [0, -inf, inf, -2],
            value: [0, -inf, inf, -1], slope: [0.5, 0.5, 1, 0.5]
        ) { PReLU(channels: 2, initializer: .constant(0.5), dtype: .f64) },
        elements("PReLU", "of nothing", [], value: [], slope: []) { PReLU(dtype: .f64) },
        elements(
            "Dropout", "in prediction", mode: .predict, [0, -0.0, inf, -inf, nan],
            value: [0, 0, inf, -inf, nan], slope: [1, 1, 1, 1, 1]
        ) { Dropout(0.9) },
        elements("Dropout", "of a rate of 0", [inf, nan], value: [inf, nan], slope: [1, 1]) {
            Dropout(0)
        },
        elements("Dropout", "of nothing", [], value: [], slope: []) { Dropout(0.5) },
        elements(
            "Identity", "anywhere", [0, inf, -inf, nan], value: [0, inf, -inf, nan],
            slope: [1, 1, 1, 1]
        ) { Identity() },
    ]

    static let linear: [LayerEdge] =
        [
            LayerEdge(
                "Dense", "at infinity", [0, inf, -inf, nan], [4, 1],
                value: [0, 0, inf, inf, -inf, -inf, nan, nan],
                slope: [2 * 3, 2 * 7, 2 * 11, 2 * 15]
            ) { Dense(2, inputs: 1, initializer: .constant(2), dtype: .f64) },
            LayerEdge(
                "Dense", "at both infinities", [inf, -inf], [1, 2], value: [nan], slope: [1, 1]
            ) {
                Dense(1, inputs: 2, initializer: .ones, dtype: .f64)
            },
            LayerEdge("Dense", "of no samples", [], [0, 2], value: [], slope: []) {
                Dense(3, inputs: 2, dtype: .f64)
            },
        ]
        + row(
            "Conv",
            (
                "beside infinity and padding", [inf, 1, 2, -inf, nan], [inf, inf, -inf, nan, nan],
                [3, 6, 9, 12, 9]
            ),
            [
                { Conv1D(1, kernel: 3, padding: 1, inputs: 1, initializer: .ones, dtype: .f64) },
                {
                    Conv2D(
                        1, kernel: [1, 3], padding: [0, 1], inputs: 1, initializer: .ones,
                        dtype: .f64)
                },
                {
                    Conv3D(
                        1, kernel: [1, 1, 3], padding: [0, 0, 1], inputs: 1, initializer: .ones,
                        dtype: .f64)
                },
            ])
        + row(
            "ConvTranspose", ("at infinity", [inf, 1, nan], [inf, inf, nan, nan], [3, 5, 7]),
            [
                { ConvTranspose1D(1, kernel: 2, inputs: 1, initializer: .ones, dtype: .f64) },
                { ConvTranspose2D(1, kernel: [1, 2], inputs: 1, initializer: .ones, dtype: .f64) },
                {
                    ConvTranspose3D(
                        1, kernel: [1, 1, 2], inputs: 1, initializer: .ones, dtype: .f64)
                },
            ])

    static let moves: [LayerEdge] =
        row(
            "Pad", ("at infinity", [inf, nan], [0, inf, nan, 0], [2, 3]),
            [{ Pad1D(1) }, { Pad2D([0, 1]) }, { Pad3D([0, 0, 1]) }])
        + [
            LayerEdge(
                "Upsample", "at infinity", [inf, nan], [1, 1, 2], value: [inf, inf, nan, nan],
                slope: [3, 7]
            ) { Upsample(2) },
            LayerEdge(
                "Flatten", "at infinity", [inf, nan, 0, 1], [1, 2, 2], value: [inf, nan, 0, 1],
                slope: [1, 2, 3, 4]
            ) { Flatten() },
            LayerEdge(
                "PixelShuffle1D", "at infinity", [inf, 1, nan, 2], [1, 2, 2],
                value: [inf, nan, 1, 2], slope: [1, 3, 2, 4]
            ) { PixelShuffle1D(2) },
            LayerEdge(
                "PixelShuffle2D", "at infinity", [inf, 1, nan, 2], [1, 2, 1, 2],
                value: [inf, nan, 1, 2], slope: [1, 3, 2, 4]
            ) { PixelShuffle2D([1, 2]) },
            LayerEdge(
                "PixelShuffle3D", "at infinity", [inf, 1, nan, 2], [1, 2, 1, 1, 2],
                value: [inf, nan, 1, 2], slope: [1, 3, 2, 4]
            ) { PixelShuffle3D([1, 1, 2]) },
        ]
}

// MARK: One step of one unit with weights of 1

extension LayerEdge {
    /// A cell over a whole sequence.
    private struct Unrolled<Cell: RecurrentCell>: Block {
        let cell: Cell
        func forward(_ x: NDArray) -> NDArray { cell.unrolled(x).output }
    }

    /// Samples of one step. NaN stays; at infinity everything is flat.
    private static func step(
        _ types: (String, String), one: (value: Double, slope: Double, curvature: Double),
        zero: (slope: Double, curvature: Double), ends: (below: Double, above: Double),
        _ layer: @escaping Make,
        _ cell: @escaping Make
    ) -> [LayerEdge] {
        [(types.0, layer), (types.1, cell)].flatMap { type, make in
            [
                elements(
                    type, "in one step", shape: [1, 6, 1], [0, -0.0, 1, inf, -inf, nan],
                    value: [0, 0, one.value, ends.above, ends.below, nan],
                    slope: [zero.slope, zero.slope, one.slope, 0, 0, nan],
                    curvature: [zero.curvature, zero.curvature, one.curvature, 0, 0, nan], make),
                elements(type, "of no samples", shape: [2, 0, 1], [], value: [], slope: [], make),
            ]
        }
    }

    static let recurrent: [LayerEdge] = {
        let ones = Initializer.constant(1)
        let t = tanh(1.0)
        let d = 1 - t * t
        let s = 1 / (1 + exp(-1.0))
        // Derivatives of the sigmoid and of the hyperbolic tangent at 1.
        let (s1, s2) = (s * (1 - s), s * (1 - s) * (1 - 2 * s))
        let d2 = -2 * t * d
        // An LSTM from nothing: σ(x) tanh(σ(x) tanh(x)).
        let (c, c1, c2) = (s * t, s1 * t + s * d, s2 * t + 2 * s1 * d + s * d2)
        let h = tanh(c)
        let (h1, h2) = ((1 - h * h) * c1, -2 * h * (1 - h * h) * c1 * c1 + (1 - h * h) * c2)
        // A GRU from nothing: (1 - σ(x)) tanh(x).
        let n = 1 - s
        return step(
            ("RNN", "RNNCell"), one: (t, d, d2), zero: (1, 0), ends: (-1, 1),
            { RNN(1, inputs: 1, initializer: ones, dtype: .f64) },
            { Unrolled(cell: RNNCell(1, inputs: 1, initializer: ones, dtype: .f64)) })
            + step(
                ("LSTM", "LSTMCell"),
                one: (s * h, s1 * h + s * h1, s2 * h + 2 * s1 * h1 + s * h2), zero: (0.25, 0.5),
                ends: (0, tanh(1)),
                { LSTM(1, inputs: 1, initializer: ones, dtype: .f64) },
                { Unrolled(cell: LSTMCell(1, inputs: 1, initializer: ones, dtype: .f64)) })
            + step(
                ("GRU", "GRUCell"),
                one: (n * t, -s1 * t + n * d, -s2 * t - 2 * s1 * d + n * d2), zero: (0.5, -0.5),
                ends: (-1, 0),
                { GRU(1, inputs: 1, initializer: ones, dtype: .f64) },
                { Unrolled(cell: GRUCell(1, inputs: 1, initializer: ones, dtype: .f64)) })
    }()
}
