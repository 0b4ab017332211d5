public import BraidCore
import BraidOperators

/// Connectionist temporal classification (Graves et al., ICML 2006): the negative logarithm of the
/// probability that a sequence of scores spells the labels, with blanks and repetitions anywhere.
///
/// It is composed of operators, a handful for each time step, so that its gradient comes from theirs. A
/// label outside the classes, or a length outside its range, is an error that every read of the losses
/// reports, as `ctcLoss: score length 9 at position [1] is outside 0..<6`.
/// - Parameters:
///   - scores: `[batch, time, classes]`, f32 or f64, before the softmax.
///   - labels: integers `[batch, length]`, without blanks; what comes after a sequence's own labels
///     is negative, unless `labelLengths` says where it ends. The sequence's own are classes.
///   - scoreLengths: integers `[batch]` from 0 to the time, how many time steps count; all when nil. What
///     stands behind does not matter.
///   - labelLengths: integers `[batch]` from 0 to the length, how many labels count; those that are not
///     negative when nil.
///   - blank: the class that spells nothing; a negative one counts from the end.
/// - Returns: `[batch]`; infinity for labels that do not fit into the time. In no time no labels are
///   spelled for certain: that loss is 0.
public func ctcLoss<T: Operand>(
    _ scores: T, _ labels: T, scoreLengths: T? = nil, labelLengths: T? = nil, blank: Int = 0
) -> T {
    let lengths = [scoreLengths, labelLengths].compactMap(\.self)
    guard scores.rank == 3, labels.rank == 2, labels.dtype.isInteger,
        labels.shape[0] == scores.shape[0],
        (-scores.shape[2]..<scores.shape[2]).contains(blank),
        lengths.allSatisfy({ $0.dtype.isInteger && $0.shape == [scores.shape[0]] })
    else {
        ArrayError(
            .shapeMismatch, in: "ctcLoss",
            "takes scores [batch, time, classes], integer labels [batch, length], integer lengths "
                + "[batch] and a blank among the classes, not "
                + ([scores, labels] + lengths).map { "\($0.type)" }.joined(separator: ", ")
                + " and \(blank)"
        ).report()
        return scores
    }
    let name = "ctcLoss"
    let (time, length) = (scores.shape[1], labels.shape[1])
    let own =
        labelLengths?.inRange(0..<length + 1, of: "label length", in: name).cast(to: .i64)
        ?? (labels .>= 0).sum(over: 1)
    let steps = scoreLengths?.inRange(0..<time + 1, of: "score length", in: name).cast(to: .i64)
    let none = T.full([], 0, dtype: scores.dtype)
    let never = T.full([], .infinity, dtype: scores.dtype)
    let inNoTime = select(own .== 0, none, never)
    if time == 0 { return inNoTime }
    let blank = blank < 0 ? blank + scores.shape[2] : blank
    // What is behind a sequence's end is neither read nor has a slope.
    let known = steps.map { steps in
        let places = T.range(count: time, dtype: .i64)
        let isStep = (places .< steps.expandingDimension(at: 1)).expandingDimension(at: 2)
        return select(isStep, scores, none)
    }
    let isOwn = T.range(count: length, dtype: .i64) .< own.expandingDimension(at: 1)
    let spelled = select(isOwn, labels.cast(to: .i64), .full([], Double(blank), dtype: .i64))
        .inRange(0..<scores.shape[2], of: "label", in: name)
    let loss = CTCLattice(known ?? scores, spelled, blank: blank)
        .loss(scoreLengths: steps, labelLengths: own)
    return steps.map { select($0 .== 0, inNoTime, loss) } ?? loss
}

/// The states that spelling goes through: blank, first label, blank, second label, …, blank.
private struct CTCLattice<T: Operand> {
    /// Logarithms of the states' probabilities at each time step, `[batch, states]`.
    let emissions: [T]
    /// Whether a state may follow the one two before it, bool `[batch, states]`.
    let maySkip: T
    let batch: Int
    let states: Int

    init(_ scores: T, _ labels: T, blank: Int) {
        let length = labels.shape[1]
        batch = labels.shape[0]
        states = 2 * length + 1
        let blanks = T.full([batch, length + 1], Double(blank), dtype: .i64)
        // A column more of labels, which is cut off again.
        let padded = labels.padded(by: [(0, 0), (0, 1)])
        let classes = stacked([blanks, padded], axis: 2)
            .reshaped(to: [batch, 2 * length + 2])
            .split(into: [states, 1], axis: 1)[0]
        let before = Self.shifted(classes, by: 2, filling: -1)
        maySkip = (classes .!= Double(blank)) .& (classes .!= before)
        let places = classes.expandingDimension(at: 1)
            .broadcast(to: [batch, scores.shape[1], states])
        emissions = scores.logSoftmax(axis: 2).taken(at: places, alongAxis: 2, mode: .clipping)
            .unstacked(axis: 1)
    }

    /// Stands for no probability: far below every sum of logarithms, and differences of two are finite.
    private static var never: Double { -1e30 }

    func loss(scoreLengths: T?, labelLengths: T) -> T {
        let none = T.full([], Self.never, dtype: emissions[0].dtype)
        let places = T.range(count: states, dtype: .i64)
        var sums = select(places .< 2, emissions[0], none)
        for (time, emission) in emissions.enumerated().dropFirst() {
            let stay = logAddExp(sums, Self.shifted(sums, by: 1, filling: Self.never))
            let skip = select(maySkip, Self.shifted(sums, by: 2, filling: Self.never), none)
            let next = logAddExp(stay, skip) + emission
            guard let scoreLengths else {
                sums = next
                continue
            }
            let goesOn = (scoreLengths .> Double(time)).expandingDimension(at: 1)
            sums = select(goesOn, next, sums)
        }
        // Spelling ends with the last label or the blank after it.
        let last = (labelLengths * 2).expandingDimension(at: 1)
        let atBlank = sums.taken(at: last, alongAxis: 1, mode: .clipping)
        let atLabel = select(
            last .> 0, sums.taken(at: last - 1, alongAxis: 1, mode: .clipping), none)
        let loss = -logAddExp(atBlank, atLabel).squeezed(at: 1)
        return select(loss .>= 1e29, .full([], .infinity, dtype: loss.dtype), loss)
    }

    /// Columns moved to the right.
    private static func shifted(_ array: T, by count: Int, filling value: Double) -> T {
        let columns = array.shape[1]
        let kept = Swift.max(columns - count, 0)
        return array.split(into: [kept, columns - kept], axis: 1)[0]
            .padded(by: [(0, 0), (columns - kept, 0)], mode: .constant(value))
    }
}
