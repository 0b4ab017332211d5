import Braid
import Foundation
import Testing

/// An optimiser with its formula, written plainly for one weight in f64.
struct OptimizerSample: CustomTestStringConvertible, Sendable {
    /// Weights, the gradient, which step (1 at first) and any state, empty at first.
    typealias Formula =
        @Sendable (inout [Double], [Double], Double, inout [String: [Double]]) -> Void

    let testDescription: String
    let optimizer: Optimizer
    let formula: Formula?

    init(_ name: String, _ optimizer: Optimizer, _ formula: Formula?) {
        testDescription = name
        self.optimizer = optimizer
        self.formula = formula
    }

    /// A sample whose elements do not see each other: from weight, gradient, step and state to the new
    /// weight.
    private static func pointwise(
        _ name: String, _ optimizer: Optimizer,
        _ formula: @escaping @Sendable (Double, Double, Double, inout [String: Double]) -> Double
    ) -> OptimizerSample {
        OptimizerSample(name, optimizer) { weights, gradient, step, state in
            for index in weights.indices {
                var own = state.mapValues { $0[index] }
                weights[index] = formula(weights[index], gradient[index], step, &own)
                for (key, value) in own {
                    state[key, default: Array(repeating: 0, count: weights.count)][index] = value
                }
            }
        }
    }

    private static func norm(_ values: [Double]) -> Double {
        values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    private static func trust(_ weight: [Double], _ direction: [Double]) -> Double {
        let (a, b) = (norm(weight), norm(direction))
        return a > 0 && b > 0 ? a / b : 1
    }

    /// Adam's corrected means of one element.
    private static func moments(
        _ g: Double, _ t: Double, _ beta1: Double, _ beta2: Double,
        _ state: inout [String: Double]
    ) -> (mean: Double, square: Double) {
        let m = beta1 * state["m", default: 0] + (1 - beta1) * g
        let v = beta2 * state["v", default: 0] + (1 - beta2) * g * g
        (state["m"], state["v"]) = (m, v)
        return (m / (1 - pow(beta1, t)), v / (1 - pow(beta2, t)))
    }

    /// Every optimiser, with its options.
    static let all: [OptimizerSample] = [
        pointwise("sgd", .sgd(learningRate: 0.1)) { w, g, _, _ in w - 0.1 * g },
        pointwise(
            "sgd, momentum and decay", .sgd(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)
        ) { w, g, _, state in
            let v = 0.9 * state["v", default: 0] + g + 0.01 * w
            state["v"] = v
            return w - 0.1 * v
        },
        pointwise("nag", .nag(learningRate: 0.1, momentum: 0.8, weightDecay: 0.01)) {
            w, g, _, state in
            let slope = g + 0.01 * w
            let v = 0.8 * state["v", default: 0] + slope
            state["v"] = v
            return w - 0.1 * (slope + 0.8 * v)
        },
        pointwise("adam", .adam(learningRate: 0.1)) { w, g, t, state in
            let (m, v) = moments(g, t, 0.9, 0.999, &state)
            return w - 0.1 * m / (v.squareRoot() + 1e-8)
        },
        pointwise(
            "adam, decay", .adam(learningRate: 0.1, beta1: 0.8, beta2: 0.95, weightDecay: 0.01)
        ) { w, g, t, state in
            let (m, v) = moments(g + 0.01 * w, t, 0.8, 0.95, &state)
            return w - 0.1 * m / (v.squareRoot() + 1e-8)
        },
        pointwise("adamw", .adamW(learningRate: 0.1, weightDecay: 0.1)) { w, g, t, state in
            let (m, v) = moments(g, t, 0.9, 0.999, &state)
            return w - 0.1 * 0.1 * w - 0.1 * m / (v.squareRoot() + 1e-8)
        },
        pointwise("adabelief", .adaBelief(learningRate: 0.1, weightDecay: 0.01)) {
            w, g, t, state in
            let slope = g + 0.01 * w
            let m = 0.9 * state["m", default: 0] + 0.1 * slope
            let s = 0.999 * state["s", default: 0] + 0.001 * (slope - m) * (slope - m) + 1e-8
            (state["m"], state["s"]) = (m, s)
            let root = (s / (1 - pow(0.999, t))).squareRoot()
            return w - 0.1 * m / (1 - pow(0.9, t)) / (root + 1e-8)
        },
        pointwise("adamax", .adamax(learningRate: 0.1, weightDecay: 0.01)) { w, g, t, state in
            let slope = g + 0.01 * w
            let m = 0.9 * state["m", default: 0] + 0.1 * slope
            let u = max(0.999 * state["u", default: 0], abs(slope) + 1e-8)
            (state["m"], state["u"]) = (m, u)
            return w - 0.1 / (1 - pow(0.9, t)) * m / u
        },
        pointwise("nadam", .nadam(learningRate: 0.1, weightDecay: 0.01)) { w, g, t, state in
            let slope = g + 0.01 * w
            func momentum(_ t: Double) -> Double { 0.9 * (1 - 0.5 * pow(0.96, 0.004 * t)) }
            let product = (t == 1 ? 1 : state["product"]!) * momentum(t)
            let m = 0.9 * state["m", default: 0] + 0.1 * slope
            let v = 0.999 * state["v", default: 0] + 0.001 * slope * slope
            (state["product"], state["m"], state["v"]) = (product, m, v)
            let direction =
                (1 - momentum(t)) / (1 - product) * slope
                + momentum(t + 1) / (1 - product * momentum(t + 1)) * m
            return w - 0.1 * direction / ((v / (1 - pow(0.999, t))).squareRoot() + 1e-8)
        },
        OptimizerSample("lamb", .lamb(learningRate: 0.1, weightDecay: 0.05)) { w, g, t, state in
            let direction = corrected(g, t, &state).map { $0 / ($1.squareRoot() + 1e-6) }
            let whole = zip(direction, w).map { $0 + 0.05 * $1 }
            let trust = trust(w, whole)
            for index in w.indices { w[index] -= 0.1 * trust * whole[index] }
        },
        OptimizerSample("lans", .lans(learningRate: 0.1, weightDecay: 0.05)) { w, g, t, state in
            let length = norm(g)
            let unit = g.map { length > 0 ? $0 / length : $0 }
            let means = corrected(unit, t, &state)
            let roots = means.map { $1.squareRoot() + 1e-6 }
            let first = w.indices.map { means[$0].0 / roots[$0] + 0.05 * w[$0] }
            let second = w.indices.map { unit[$0] / roots[$0] + 0.05 * w[$0] }
            let (a, b) = (trust(w, first) * 0.9, trust(w, second) * (1 - 0.9))
            for index in w.indices { w[index] -= 0.1 * (a * first[index] + b * second[index]) }
        },
        OptimizerSample("lars", .lars(learningRate: 0.1, trust: 0.02, weightDecay: 0.05)) {
            w, g, _, state in
            let (a, b) = (norm(w), norm(g))
            let own = a > 0 && b > 0 ? 0.02 * a / (b + 0.05 * a + 1e-8) : 1
            var v = state["v"] ?? w.map { _ in 0 }
            for index in w.indices {
                v[index] = 0.9 * v[index] + 0.1 * own * (g[index] + 0.05 * w[index])
                w[index] -= v[index]
            }
            state["v"] = v
        },
        rmsProp("rmsprop", centered: false, momentum: 0, decay: 0.01),
        rmsProp("rmsprop, centred", centered: true, momentum: 0, decay: 0),
        rmsProp("rmsprop, momentum", centered: false, momentum: 0.5, decay: 0),
        rmsProp("rmsprop, both", centered: true, momentum: 0.5, decay: 0),
        pointwise("adagrad", .adaGrad(learningRate: 0.1, weightDecay: 0.01)) { w, g, _, state in
            let slope = g + 0.01 * w
            let sum = state["sum", default: 0] + slope * slope
            state["sum"] = sum
            return w - 0.1 * slope / (sum.squareRoot() + 1e-10)
        },
        OptimizerSample("group adagrad", .groupAdaGrad(learningRate: 0.1)) { w, g, _, state in
            // Weights are [2, 3].
            var sums = state["sums"] ?? [0, 0]
            for row in 0..<2 {
                let own = row * 3..<row * 3 + 3
                sums[row] += own.reduce(0) { $0 + g[$1] * g[$1] } / 3
                for index in own { w[index] -= 0.1 * g[index] / (sums[row].squareRoot() + 1e-6) }
            }
            state["sums"] = sums
        },
        pointwise("adadelta", .adaDelta(weightDecay: 0.01)) { w, g, _, state in
            let slope = g + 0.01 * w
            let v = 0.9 * state["v", default: 0] + 0.1 * slope * slope
            let direction =
                (state["d", default: 0] + 1e-6).squareRoot() / (v + 1e-6).squareRoot() * slope
            state["v"] = v
            state["d"] = 0.9 * state["d", default: 0] + 0.1 * direction * direction
            return w - direction
        },
        pointwise("ftrl", .ftrl(learningRate: 0.1, l1: 0.5, weightDecay: 0.05)) { w, g, _, state in
            let n = state["n", default: 0]
            let next = n + g * g
            let z = state["z", default: 0] + g - (next.squareRoot() - n.squareRoot()) / 0.1 * w
            (state["n"], state["z"]) = (next, z)
            let sign: Double = z < 0 ? -1 : 1
            return abs(z) <= 0.5
                ? 0 : -(z - sign * 0.5) / ((1 + next.squareRoot()) / 0.1 + 0.05)
        },
        pointwise("ftml", .ftml(learningRate: 0.1, weightDecay: 0.01)) { w, g, t, state in
            let slope = g + 0.01 * w
            let v = 0.999 * state["v", default: 0] + 0.001 * slope * slope
            let d = (1 - pow(0.6, t)) / 0.1 * ((v / (1 - pow(0.999, t))).squareRoot() + 1e-8)
            let change = d - 0.6 * state["d", default: 0]
            let z = 0.6 * state["z", default: 0] + 0.4 * slope - change * w
            (state["v"], state["d"], state["z"]) = (v, d, z)
            return -z / d
        },
        pointwise("signum", .signum(learningRate: 0.1, momentum: 0.8, weightDecay: 0.01)) {
            w, g, _, state in
            let m = 0.8 * state["m", default: 0] + 0.2 * (g + 0.01 * w)
            state["m"] = m
            return w - (m > 0 ? 0.1 : m < 0 ? -0.1 : 0)
        },
        pointwise("signum, no momentum", .signum(learningRate: 0.1, momentum: 0)) { w, g, _, _ in
            w - (g > 0 ? 0.1 : g < 0 ? -0.1 : 0)
        },
        // Noise has no formula; its distribution is tested on its own.
        OptimizerSample("sgld", .sgld(learningRate: 0.01, weightDecay: 0.1), nil),
    ]

    /// `moments` with 0.9 and 0.999, of all elements.
    private static func corrected(
        _ gradient: [Double], _ t: Double, _ state: inout [String: [Double]]
    ) -> [(Double, Double)] {
        gradient.indices.map { index in
            var own = state.compactMapValues { $0.indices.contains(index) ? $0[index] : nil }
            let means = moments(gradient[index], t, 0.9, 0.999, &own)
            for (key, value) in own {
                state[key, default: Array(repeating: 0, count: gradient.count)][index] = value
            }
            return (means.mean, means.square)
        }
    }

    private static func rmsProp(
        _ name: String, centered: Bool, momentum: Double, decay: Double
    ) -> OptimizerSample {
        pointwise(
            name,
            .rmsProp(
                learningRate: 0.1, decay: 0.9, momentum: momentum, isCentered: centered,
                weightDecay: decay)
        ) { w, g, _, state in
            let slope = g + decay * w
            let v = 0.9 * state["v", default: 0] + 0.1 * slope * slope
            let m = 0.9 * state["m", default: 0] + 0.1 * slope
            let scale = (centered ? v - m * m : v).squareRoot() + 1e-8
            let b = momentum * state["b", default: 0] + slope / scale
            (state["v"], state["m"], state["b"]) = (v, m, b)
            return w - 0.1 * b
        }
    }
}
