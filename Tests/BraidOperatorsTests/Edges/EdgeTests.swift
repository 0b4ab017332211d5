import BraidCore
import BraidGraph
import BraidOperators
import BraidTestSupport
import Testing

/// Values, first and second derivatives of every differentiable operator where a careless rule gives NaN.
@Suite struct EdgeTests {
    static let rows: [EdgeRow] =
        EdgeRow.unary + EdgeRow.binary + EdgeRow.binaryScalar + EdgeRow.reductions + EdgeRow.lines
        + EdgeRow.activations + EdgeRow.movements + EdgeRow.products

    @Test(arguments: rows) func valuesAndDerivatives(_ row: EdgeRow) throws { try row.check() }

    /// An operator without a row has no place in the catalogue.
    @Test func everyDifferentiableOperatorHasARow() {
        var found: Set<String> = []
        for row in Self.rows {
            let symbols = row.derivatives(.f64)
            for node in TopologicalOrder(of: symbols.all).nodes {
                if case .operation(let op) = node.kind { found.insert(type(of: op).name) }
            }
        }
        for type in Catalog.operators where !type.traits.contains(.notDifferentiable) {
            #expect(found.contains(type.name), "\(type) has no row among the edges")
        }
    }

    /// Rows of enums: each function stands at the places that its table lists.
    @Test func everyFunctionHasARow() {
        let names = Self.rows.map(\.testDescription)
        func has(_ prefix: String) -> Bool {
            names.contains { $0.hasPrefix(prefix + " ") || $0 == prefix }
        }
        for function in Unary.Function.allCases { #expect(has("unary \(function)")) }
        for function in Binary.Function.allCases { #expect(has("binary \(function)")) }
        for function in Reduction.Function.allCases where function != .all && function != .any {
            #expect(has("reduction \(function)"))
        }
        for kind in RecurrentKind.allCases { #expect(has("recurrence \(kind)")) }
    }
}
