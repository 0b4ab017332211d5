package import Braid
import Foundation

extension Verification {
    /// A table for people.
    package var text: String {
        var table = Table([
            ("passes", .left), ("values", .right), ("gradients", .right), ("", .left),
        ])
        for row in rows {
            table.append([
                row.choice.name, Self.text(row.values), row.gradients.map(Self.text) ?? "-",
                row.isPassed ? "ok" : "FAILED",
            ])
        }
        let types = inputs.map { "\($0)" }.joined(separator: ", ")
        var text = "\(subject), inputs \(types), seed \(seed): worst errors against array code\n"
        text += table.text()
        if let gradientProblem { text += "No gradients: \(gradientProblem).\n" }
        for row in rows {
            for deviation in [row.values, row.gradients ?? Deviation()] {
                guard let array = deviation.worstArray else { continue }
                text +=
                    "Passes \(row.choice.name): \(grouped(deviation.differingCount)) of "
                    + "\(grouped(deviation.comparedCount)) elements differ, worst in \(array).\n"
            }
        }
        if isPassed, let row = rows.last {
            text += "All bits are the same: each row compares "
            text += counted(row.values.comparedCount, "value")
            if let gradients = row.gradients {
                text += " and \(counted(gradients.comparedCount, "gradient"))"
            }
            text += ".\n"
        }
        for (what, deviation) in [
            ("values", rows.last?.values), ("gradients", rows.last?.gradients),
        ] {
            guard let deviation, deviation.nonFiniteCount > 0 else { continue }
            text +=
                "\(grouped(deviation.nonFiniteCount)) of \(grouped(deviation.comparedCount)) \(what) are "
                + "infinite or NaN, which says little of the rest of the graph.\n"
        }
        return text
    }

    private static func text(_ deviation: Deviation) -> String {
        if deviation.differingCount == 0 { return "0" }
        return String(format: "%.3g", deviation.worstError)
    }

    /// One object for programs. An infinite error is null, as JSON has no such number.
    package var json: JSON {
        .object([
            ("subject", .string(subject)),
            ("inputs", .array(inputs.map { .string("\($0)") })),
            // JSON's readers know integers of 64 bits with sign only.
            ("seed", Int64(exactly: seed).map { .integer($0) } ?? .string("\(seed)")),
            ("passed", .bool(isPassed)),
            ("gradient_problem", gradientProblem.map { .string($0) } ?? .null),
            ("rows", .array(rows.map(Self.json))),
        ])
    }

    private static func json(_ row: Row) -> JSON {
        .object([
            ("name", .string(row.choice.name)),
            ("passes", .array(row.choice.passes.map { .string($0) })),
            ("passed", .bool(row.isPassed)), ("values", json(row.values)),
            ("gradients", row.gradients.map(json) ?? .null),
        ])
    }

    private static func json(_ deviation: Deviation) -> JSON {
        .object([
            ("worst_error", .number(deviation.worstError)),
            ("worst_array", deviation.worstArray.map { .string($0) } ?? .null),
            ("differing", JSON(deviation.differingCount)),
            ("compared", JSON(deviation.comparedCount)),
            ("non_finite", JSON(deviation.nonFiniteCount)),
        ])
    }
}
