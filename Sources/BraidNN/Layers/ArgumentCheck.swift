import BraidCore

/// Where a layer, an optimiser or a metric is made, and what is asked of its arguments. Inside
/// `validating` code goes on after a mistake; it then gets numbers that are possible.
struct ArgumentCheck {
    /// What messages call the layer.
    let layer: String
    let fileID: StaticString
    let line: UInt

    init(_ layer: String, _ fileID: StaticString, _ line: UInt) {
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

    /// A probability.
    func rate(_ value: Double, _ argument: String = "rate", in range: Range<Double> = 0..<1)
        -> Double
    {
        require(
            range.contains(value), "the \(argument) \(value) is out of range; expected \(range)")
            ? value : 0
    }

    /// A number from 0 on.
    func notNegative(_ value: Double, _ argument: String) -> Double {
        require(
            value >= 0 && value.isFinite, "the \(argument) \(value) is negative or not finite")
            ? value : 0
    }

    /// - Returns: whether the condition holds.
    @discardableResult
    func require(_ condition: Bool, _ message: @autoclosure () -> String) -> Bool {
        ArrayError.check(condition, in: layer, message(), fileID, line)
    }
}
