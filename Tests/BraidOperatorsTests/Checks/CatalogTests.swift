import BraidCore
import BraidOperators
import BraidTestSupport
import Foundation
import Testing

/// Every operator of the catalogue is named well, documented, sampled, and compared with NumPy.
@Suite struct CatalogTests {
    @Test func namesAreUniqueAndWellFormed() {
        var seen: Set<String> = []
        for type in Catalog.operators {
            #expect(seen.insert(type.name).inserted, "two operators are called \(type.name)")
            #expect(
                type.name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil,
                "\(type.name) is not lower case with words joined by _")
            #expect(ObjectIdentifier(Catalog[type.name]!) == ObjectIdentifier(type))
        }
        #expect(Catalog["frobnicate"] == nil)
    }

    @Test func operatorsHaveSamples() {
        for type in Catalog.operators {
            let rows = Sample.all.filter { $0.description.split(separator: " ")[0] == type.name }
            #expect(rows.contains { !$0.dtypes.isEmpty }, "\(type) has no row in Sample.all")
        }
    }

    @Test func operatorsWithoutDerivativesSaySo() {
        for type in Catalog.operators {
            let rows = Sample.all.filter { $0.description.split(separator: " ")[0] == type.name }
            if rows.allSatisfy({ $0.differentiableOrders == 0 }) {
                #expect(type.traits.contains(.notDifferentiable), "\(type)")
            }
        }
    }

    @Test func samplesNameOperatorsOfTheCatalogue() {
        for sample in Sample.all {
            let name = String(sample.description.split(separator: " ")[0])
            #expect(Catalog[name] != nil, "\(sample) names no operator of the catalogue")
        }
        let descriptions = Sample.all.map(\.description)
        #expect(Set(descriptions).count == descriptions.count)
    }

    /// Every struct in the sources that says it is an operator is listed, and has a doc comment.
    @Test func theCatalogueIsComplete() throws {
        let declared = try OperatorDeclaration.all()
        let listed = Set(Catalog.operators.map { "\($0)" })
        #expect(declared.count >= listed.count)
        for declaration in declared {
            #expect(
                listed.contains(declaration.name), "\(declaration.name) is not in the catalogue")
            #expect(declaration.isDocumented, "\(declaration.name) has no doc comment")
        }
        for name in listed {
            #expect(declared.contains { $0.name == name }, "no declaration of \(name) was found")
        }
    }

    @Test func operatorsHaveOracleValues() throws {
        let compared = Set(try OracleCase.all().map { Swift.type(of: $0.op).name })
        // Random numbers have no counterpart in NumPy; `RandomTests` has published values. What fusion
        // makes of other operators has none either; it must give their very bits. A check passes its
        // operand on.
        let others = [FusedPointwise.name, RangeCheck.name]
        for type in Catalog.operators
        where !type.traits.contains(.random) && !others.contains(type.name) {
            #expect(
                compared.contains(type.name),
                "\(type) has no value from NumPy; add it to Scripts/make-oracle-values")
        }
    }
}

/// The declaration of an operator in the sources.
private struct OperatorDeclaration {
    let name: String
    let isDocumented: Bool

    static func all() throws -> [OperatorDeclaration] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/BraidOperators")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var found: [OperatorDeclaration] = []
        for case let file as URL in try #require(files) where file.pathExtension == "swift" {
            let lines = try String(contentsOf: file, encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false)
            for (number, line) in lines.enumerated() {
                let declaration = /public struct (\w+): (?:Pointwise|Random)?Operator \{/
                guard let match = line.wholeMatch(of: declaration) else { continue }
                found.append(
                    OperatorDeclaration(
                        name: String(match.1),
                        isDocumented: number > 0 && lines[number - 1].hasPrefix("///")))
            }
        }
        return found
    }
}
