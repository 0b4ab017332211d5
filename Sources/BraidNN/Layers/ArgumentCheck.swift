import BraidCore

/// Where a layer, an optimiser or a metric is made, or a step called, and what is asked of its arguments. Inside
/// `validating` code goes on after a mistake; it then gets numbers that are possible.
struct ArgumentCheck {
    /// What messages call it.
    let layer: String
    /// The caller's; nil where it is not known.
    let fileID: StaticString?
    let line: UInt

    init(_ layer: String, _ fileID: StaticString? = nil, _ line: UInt = 0) {
        (self.layer, self.fileID, self.line) = (layer, fileID, line)
    }

    /// The extent that an argument gives: at least 1, unless `isEmptyAllowed`, and below 2^31, so that
    /// layers may join a few of them.
    func extent(_ value: Int, _ argument: String, isEmptyAllowed: Bool = false) -> Int {
        let least = isEmptyAllowed ? 0 : 1
        return require(
            (least..<(1 << 31)).contains(value),
            "the \(argument) \(value) is out of range; expected \(least)..<2^31") ? value : 1
    }

    /// The same of an argument that may be missing.
    func extent(_ value: Int?, _ argument: String) -> Int? {
        value.map { extent($0, argument) }
    }

    /// A share that is left out, below 1.
    func rate(_ value: Double, _ argument: String = "rate") -> Double {
        numbers(decays: [argument: value]) ? value : 0
    }

    /// Looks at decays of running means, which are in `0..<1`, and at numbers from 0 on.
    /// - Returns: whether all are so.
    @discardableResult
    func numbers(
        decays: KeyValuePairs<String, Double> = [:],
        notNegative: KeyValuePairs<String, Double> = [:]
    ) -> Bool {
        let areDecays = decays.allSatisfy { argument, value in
            require(
                (0..<1).contains(value),
                "the \(argument) \(value) is out of range; expected 0..<1")
        }
        let areNotNegative = notNegative.allSatisfy { argument, value in
            require(
                value >= 0 && value.isFinite,
                "the \(argument) \(value) is negative or not finite")
        }
        return areDecays && areNotNegative
    }

    /// Reports that what is called is in no state for it.
    func reportState(_ message: String) {
        ArrayError(.invalidState, in: layer, message).report(fileID, line)
    }

    /// - Returns: whether the condition holds.
    @discardableResult
    func require(_ condition: Bool, _ message: @autoclosure () -> String) -> Bool {
        ArrayError.check(condition, in: layer, message(), fileID, line)
    }
}
