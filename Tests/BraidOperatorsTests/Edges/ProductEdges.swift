import BraidCore
import BraidOperators
import Foundation

extension EdgeRow {
    /// Products, windows, normalisations, factorisations and recurrences at zeros, ties and constants.
    static let products: [EdgeRow] =
        linear + windows + normalizations + factorizations + recurrences

    private static let (inf, nan) = (Double.infinity, Double.nan)

    private static let linear: [EdgeRow] = [
        EdgeRow(
            "product and sum", [.init([0, 1]), .init([2, inf]), .init([1, 1])], value: [1, inf],
            slopes: [[2, inf], [0, 1], [1, 1]], curvatures: [[0, 0], [0, 0], [0, 0]]
        ) { $0[2].addingProduct($0[0], $0[1]) },
        EdgeRow(
            "product and sum of 0 and infinity", [.init([0]), .init([inf]), .init([1])],
            value: [nan],
            slopes: [[inf], [0], [1]], curvatures: [[0], [0], [0]]
        ) { $0[2].addingProduct($0[0], $0[1]) },
        EdgeRow(
            "matmul", [.init([0, 2], [1, 2]), .init([3, inf], [2, 1])], value: [inf],
            slopes: [[3, inf], [0, 2]], curvatures: [[0, 0], [0, 0]]
        ) { $0[0].matmul($0[1]) },
        EdgeRow(
            "matmul over nothing", [.init([], [2, 0]), .init([], [0, 1])], value: [0, 0],
            slopes: [[], []], curvatures: [[], []]
        ) { $0[0].matmul($0[1]) },
        EdgeRow(
            "convolution", [.init([0, 2, inf], [1, 1, 3]), .init([3, 1], [1, 1, 2])],
            value: [2, inf], slopes: [[3, 4, 1], [2, inf]], curvatures: [[0, 0, 0], [0, 0]]
        ) { $0[0].convolution($0[1]) },
        EdgeRow(
            "squares of a convolution of zeros",
            [.init([0, 0], [1, 1, 2]), .init([0], [1, 1, 1])],
            value: [0, 0], slopes: [[0, 0], [0]], curvatures: [[0, 0], [0]]
        ) { $0[0].convolution($0[1]).square() },
        EdgeRow(
            "transposed convolution with output padding",
            [.init([1, 2], [1, 1, 2]), .init([3], [1, 1, 1])],
            value: [3, 6, 0], slopes: [[3, 3], [3]], curvatures: [[0, 0], [0]]
        ) { $0[0].transposedConvolution($0[1], outputPadding: 1, dilation: 2) },
        EdgeRow(
            "linear recurrence, whose first factor counts for nothing",
            [.init([nan, 0, 2]), .init([1, 3, 0])], value: [1, 3, 6],
            slopes: [[0, 3, 3], [1, 3, 1]],
            curvatures: [nil, [0, 0, 0]]
        ) { linearRecurrence($0[0], $0[1]) },
    ]

    private static let windows: [EdgeRow] = [
        // The first of equal ones has it all, as in PyTorch; a window's NaN wins.
        EdgeRow(
            "max pooling of ties", [2, 2, 0, -0.0], [1, 1, 4], value: [2, 0], slope: [1, 0, 1, 0],
            curvature: [0, 0, 0, 0]
        ) { $0.maxPooled(kernel: 2) },
        EdgeRow(
            "max pooling of NaN and -inf", [nan, 2, -inf, -inf], [1, 1, 4], value: [nan, -inf],
            slope: [1, 0, 1, 0], curvature: [0, 0, 0, 0]
        ) { $0.maxPooled(kernel: 2) },
        EdgeRow(
            "squares of max pooling", [0, 3], [1, 1, 2], value: [9], slope: [0, 6],
            curvature: [0, 2]
        ) { $0.maxPooled(kernel: 2).square() },
        EdgeRow(
            "average pooling", [inf, 2, 0, 0], [1, 1, 4], value: [inf, 0],
            slope: [0.5, 0.5, 0.5, 0.5], curvature: [0, 0, 0, 0]
        ) { $0.averagePooled(kernel: 2) },
        EdgeRow(
            "squares of average pooling", [0, 0], [1, 1, 2], value: [0], slope: [0, 0],
            curvature: [1, 1]
        ) { $0.averagePooled(kernel: 2).square() },
        EdgeRow(
            "causal softmax", [0, 5, 1, 1], [2, 2], value: [1, 0, 0.5, 0.5], slope: [0, 0, 0, 0],
            curvature: [0, 0, 0, 0]
        ) { $0.causalSoftmax() },
    ]

    private static let normalizations: [EdgeRow] = [
        EdgeRow(
            "layer normalisation of equal elements", [3, 3], [1, 2], value: [0, 0], slope: [0, 0],
            curvature: [0, 0]
        ) { $0.layerNormalized() },
        EdgeRow(
            "squares of a layer normalisation of equal elements", [3, 3], [1, 2], value: [0, 0],
            slope: [0, 0], curvature: [0, 0]
        ) { $0.layerNormalized(epsilon: 0.25).square() },
        EdgeRow(
            "layer normalisation of one element", [7], [1, 1], value: [0], slope: [0],
            curvature: [0]
        ) { $0.layerNormalized() },
        EdgeRow(
            "root mean square normalisation of zeros", [0, -0.0], [1, 2], value: [0, 0],
            slope: [2, 2], curvature: [0, 0]
        ) { $0.rmsNormalized(epsilon: 0.25) },
        EdgeRow(
            "batch normalisation of equal elements", [2, 2], [2, 1], value: [0, 0], slope: [0, 0],
            curvature: [0, 0]
        ) { $0.batchNormalized().normalized },
        EdgeRow(
            "group normalisation with NaN", [nan, 1], [1, 2], value: [nan, nan], slope: [nan, nan],
            curvature: nil
        ) { $0.groupNormalized(groups: 1) },
        EdgeRow(
            "cross entropy beside -inf",
            [.init([-inf, 0, 0], [1, 3]), .init([1], dtype: .i64)], value: [log(2)],
            slopes: [[0, -0.5, 0.5]], curvatures: [[0, 0, 0]]
        ) { softmaxCrossEntropy(ofRows: $0[0], $0[1]) },
    ]

    private static let factorizations: [EdgeRow] = [
        EdgeRow(
            "cholesky of the identity", [1, 0, 0, 1], [2, 2], value: [1, 0, 0, 1],
            slope: [0.5, 0.5, 0.5, 0.5], curvature: nil
        ) { $0.cholesky() },
        EdgeRow(
            "determinant", [1, 0, 0, 2], [2, 2], value: [2], slope: [2, 0, 0, 1],
            curvature: [1, -1, -1, 1]
        ) { $0.determinant() },
        EdgeRow(
            "determinant of nothing", [], [0, 0], value: [1], slope: [], curvature: []
        ) { $0.determinant() },
        EdgeRow(
            "solution for zeros", [.init([2, 0, 0, 2], [2, 2]), .init([0, 0])], value: [0, 0],
            slopes: [[0, 0, 0, 0], [0.5, 0.5]], curvatures: [[0, 0, 0, 0], [0, 0]]
        ) { solve($0[0], $0[1]) },
        EdgeRow(
            "solution of a triangle for zeros", [.init([2, nan, 0, 2], [2, 2]), .init([0, 0])],
            value: [0, 0], slopes: [[0, 0, 0, 0], [0.5, 0.5]], curvatures: [[0, 0, 0, 0], [0, 0]]
        ) { triangularSolve($0[0], $0[1], lower: true) },
        EdgeRow(
            "R of a diagonal", [2, 0, 0, 3], [2, 2], value: [2, 0, 0, 3], slope: [1, 1, 1.5, 1],
            curvature: nil
        ) { $0.qr().r },
    ]

    /// A sequence of no length keeps its first state, and all flows to that.
    private static let recurrences: [EdgeRow] = RecurrentKind.allCases.flatMap { kind in
        let gates = kind == .lstm ? 4 : kind == .gru ? 3 : 1
        let states = kind == .lstm ? 2 : 1
        let zeros = [Double](repeating: 0, count: gates)
        return [true, false].map { isEmpty in
            let operands: [Operand] =
                [
                    .init(zeros, [1, 1, gates]), .init(zeros, [gates, 1]), .init(zeros),
                ]
                + (0..<states).map { _ in .init([0.5], [1, 1]) }
                + [.init([isEmpty ? 0 : 1], dtype: .i64)]
            // A step of zeros: tanh and relu give 0, gates are 1/2; the new state is a part of the old.
            let edge =
                isEmpty ? RecurrentEdge(kept: 0.5, states: states, zeros) : RecurrentEdge(kind)
            return EdgeRow(
                "recurrence \(kind) of length \(isEmpty ? 0 : 1)", operands, value: [edge.value],
                slopes: [edge.byProjection, edge.byProduct.map { $0 * 0.5 }, edge.byProduct]
                    + edge.byStates,
                curvatures: (0..<(3 + states)).map { _ in nil }
            ) { Symbol.applyAll(RecurrentSequence(kind), to: $0)[0] }
        }
    }
}

/// The state after a step whose operands are 0 but for states of 1/2, and its slopes.
private struct RecurrentEdge {
    let value: Double
    let byProjection: [Double]
    /// By the product of weights and state, and so by the bias.
    let byProduct: [Double]
    let byStates: [[Double]]

    init(kept value: Double, states: Int, _ zeros: [Double]) {
        self.value = value
        (byProjection, byProduct) = (zeros, zeros)
        byStates = [[1]] + (1..<max(states, 1)).map { _ in [0] }
    }

    init(_ kind: RecurrentKind) {
        switch kind {
        case .tanh: (value, byProjection, byStates) = (0, [1], [[0]])
        case .relu: (value, byProjection, byStates) = (0, [0], [[0]])  // flat at 0, as the function
        case .lstm:
            // c = f c₀ + i n, h = o tanh c, with gates of 1/2, n = 0 and c₀ = 1/2: c = 1/4.
            let (t, slope) = (tanh(0.25), 0.5 * (1 - tanh(0.25) * tanh(0.25)))
            value = 0.5 * t
            byProjection = [0, slope * 0.5 * 0.25, slope * 0.5, t * 0.25]
            byStates = [[0], [slope * 0.5]]
        case .gru:
            // h = (1 - z) n + z h₀.
            (value, byProjection, byStates) = (0.25, [0, 0.5 * 0.25, 0.5], [[0.5]])
        }
        // The new gate of a GRU takes the product times the reset gate.
        byProduct = kind == .gru ? [0, 0.5 * 0.25, 0.25] : byProjection
    }
}
