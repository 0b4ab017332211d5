import BraidCore
import BraidOperators

extension Sample {
    /// Factorisations and solutions of systems.
    static let linearAlgebra = [cholesky] + triangularSolve + [linearSolve, determinant, qr]

    private static let cholesky = Sample(
        description: "cholesky", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let (leading, n) = generator.systems(size)
            // Rows with a heavy diagonal are positive definite; what is above is not read.
            let input = HostArray(TensorType(dtype, Shape(leading + [n, n]))) { index in
                let isDiagonal = index[leading.count] == index[leading.count + 1]
                return .real(
                    isDiagonal
                        ? generator.double(1, 2) + Double(n) / 2 : generator.double(-0.4, 0.4))
            }
            return OperatorCase(op: Cholesky(), inputs: [input], reductionLength: 2 * n)
        },
        reference: { call in
            [
                call.inputs[0].matrices { a in
                    var l = a.map { $0.map { _ in 0.0 } }
                    for i in a.indices {
                        for j in 0...i {
                            let rest = a[i][j] - (0..<j).map { l[i][$0] * l[j][$0] }.reduce(0, +)
                            l[i][j] = i == j ? rest.squareRoot() : rest / l[j][j]
                        }
                    }
                    return l
                }
            ]
        },
        refused: squareMistakes(Cholesky()))

    private static let triangularSolve = [true, false].map { isLower in
        Sample(
            description: "triangular_solve \(isLower ? "lower" : "upper")",
            dtypes: DType.computedFloating,
            make: { dtype, size, generator in
                let (leading, n) = generator.systems(size)
                let a = HostArray(TensorType(dtype, Shape(leading + [n, n]))) { index in
                    let isDiagonal = index[leading.count] == index[leading.count + 1]
                    return .real(isDiagonal ? generator.double(1, 2) : generator.double(-0.5, 0.5))
                }
                return OperatorCase(
                    op: TriangularSolve(isLower: isLower, hasUnitDiagonal: generator.oneIn(2)),
                    inputs: [a, generator.rightHandSides(dtype, leading, n, size)],
                    reductionLength: 4 * n)
            },
            reference: { call in
                let op = (call.op as? TriangularSolve)!
                let triangles = call.inputs[0].matrices { a in
                    a.indices.map { i in
                        a.indices.map { j in
                            i == j && op.hasUnitDiagonal
                                ? 1 : (isLower ? i >= j : i <= j) ? a[i][j] : 0
                        }
                    }
                }
                return [solutions(triangles, call.inputs[1])]
            },
            refused: systemMistakes(TriangularSolve(isLower: isLower)))
    }

    private static let linearSolve = Sample(
        description: "linear_solve", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let (leading, n) = generator.systems(size)
            let order = (0..<n).shuffled(using: &generator)
            // Each row has one heavy element, so that rows must be exchanged.
            let a = HostArray(TensorType(dtype, Shape(leading + [n, n]))) { index in
                let isHeavy = order[index[leading.count]] == index[leading.count + 1]
                return .real(
                    isHeavy ? generator.double(1, 2) + Double(n) / 2 : generator.double(-0.5, 0.5))
            }
            return OperatorCase(
                op: LinearSolve(), inputs: [a, generator.rightHandSides(dtype, leading, n, size)],
                reductionLength: 4 * n)
        },
        reference: { [solutions($0.inputs[0], $0.inputs[1])] },
        refused: systemMistakes(LinearSolve()))

    private static let determinant = Sample(
        description: "determinant", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            var (leading, n) = generator.systems(size)
            if size == .large { (leading, n) = ([6000], 4) }
            n = min(n, 4)
            let a = HostArray(TensorType(dtype, Shape(leading + [n, n]))) { index in
                let isDiagonal = index[leading.count] == index[leading.count + 1]
                return .real(isDiagonal ? generator.double(1, 2) : generator.double(-1, 1))
            }
            return OperatorCase(op: Determinant(), inputs: [a], reductionLength: 24)
        },
        reference: { call in
            let a = call.inputs[0]
            var values: [Double] = []
            _ = a.matrices { matrix in
                values.append(expansion(matrix))
                return matrix
            }
            let shape = Shape(a.shape.extents.dropLast(2))
            // Of a matrix without rows it is the empty product.
            if values.isEmpty { values = Array(repeating: 1, count: shape.elementCount) }
            return [HostArray(a.dtype, shape, values)]
        },
        refused: squareMistakes(Determinant()))

    private static let qr = Sample(
        description: "qr", dtypes: DType.computedFloating,
        make: { dtype, size, generator in
            let (leading, n) = generator.systems(size)
            let rows = n + generator.int(0...2)
            // Columns that are far from dependent.
            let a = HostArray(TensorType(dtype, Shape(leading + [rows, n]))) { index in
                let isDiagonal = index[leading.count] == index[leading.count + 1]
                return .real(
                    isDiagonal
                        ? generator.pick([-1, 1]) * (generator.double(1, 2) + Double(n) / 2)
                        : generator.double(-0.5, 0.5))
            }
            return OperatorCase(op: QRFactorization(), inputs: [a], reductionLength: 8 * rows)
        },
        reference: { call in
            let a = call.inputs[0]
            let n = a.shape[a.shape.rank - 1]
            var triangles: [Double] = []
            // Gram and Schmidt, twice, as Kahan says, is enough.
            let q = a.matrices { matrix in
                var columns = (0..<n).map { column in matrix.map { $0[column] } }
                var r = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
                for j in 0..<n {
                    for _ in 0..<2 {
                        for i in 0..<j {
                            let dot = zip(columns[i], columns[j]).map { $0 * $1 }.reduce(0, +)
                            r[i][j] += dot
                            columns[j] = zip(columns[j], columns[i]).map { $0 - dot * $1 }
                        }
                    }
                    r[j][j] = columns[j].map { $0 * $0 }.reduce(0, +).squareRoot()
                    columns[j] = columns[j].map { $0 / r[j][j] }
                }
                triangles += r.flatMap { $0 }
                return matrix.indices.map { row in columns.map { $0[row] } }
            }
            let shape = a.shape.replacing(a.shape.rank - 2, with: n)
            return [q, HostArray(a.dtype, shape, triangles)]
        },
        refused: [
            RefusedCall(QRFactorization(), [TensorType(.f32, [2, 3])], mentions: ["[2, 3]"]),
            RefusedCall(QRFactorization(), [TensorType(.f32, [3])], mentions: ["[3]"]),
            RefusedCall(QRFactorization(), [TensorType(.i32, [3, 3])], mentions: ["i32[3, 3]"]),
        ])

    private static func squareMistakes(_ op: any Operator) -> [RefusedCall] {
        [
            RefusedCall(op, [TensorType(.f32, [2, 3])], mentions: ["[2, 3]"]),
            RefusedCall(op, [TensorType(.f32, [3])], mentions: ["[3]"]),
        ]
    }

    private static func systemMistakes(_ op: any Operator) -> [RefusedCall] {
        [
            RefusedCall(
                op, [TensorType(.f32, [2, 3]), TensorType(.f32, [2, 1])], mentions: ["[2, 3]"]),
            RefusedCall(
                op, [TensorType(.f32, [2, 2]), TensorType(.f64, [2, 1])],
                mentions: ["f32[2, 2]", "f64[2, 1]"]),
            RefusedCall(
                op, [TensorType(.f32, [2, 2]), TensorType(.f32, [3, 2])],
                mentions: ["[2, 2]", "[3, 2]"]),
            RefusedCall(
                op, [TensorType(.f32, [4, 2, 2]), TensorType(.f32, [2, 2])],
                mentions: ["[4, 2, 2]", "[2, 2]"]),
        ]
    }
}

/// Solutions of systems by Gauss's and Jordan's elimination with the largest pivot.
private func solutions(_ a: HostArray, _ b: HostArray) -> HostArray {
    var matrices: [[[Double]]] = []
    _ = a.matrices { matrix in
        matrices.append(matrix)
        return matrix
    }
    var position = 0
    return b.matrices { sides in
        var rows = zip(matrices[position], sides).map { $0 + $1 }
        position += 1
        for j in rows.indices {
            let best = (j..<rows.count).max { abs(rows[$0][j]) < abs(rows[$1][j]) }!
            rows.swapAt(j, best)
            let pivot = rows[j][j]
            rows[j] = rows[j].map { $0 / pivot }
            for i in rows.indices where i != j {
                let factor = rows[i][j]
                rows[i] = zip(rows[i], rows[j]).map { $0 - factor * $1 }
            }
        }
        return rows.map { Array($0[rows.count...]) }
    }
}

/// A determinant by expansion along the first row.
private func expansion(_ a: [[Double]]) -> Double {
    if a.isEmpty { return 1 }
    var sum = 0.0
    for column in a.indices {
        let minor = a.dropFirst().map { row in
            row.enumerated().filter { $0.offset != column }.map(\.element)
        }
        sum += (column % 2 == 0 ? 1 : -1) * a[0][column] * expansion(minor)
    }
    return sum
}

extension HostArray {
    /// A function of each matrix `[rows, columns]` of the last two dimensions, which keeps its shape.
    fileprivate func matrices(_ body: ([[Double]]) -> [[Double]]) -> HostArray {
        let (rows, columns) = (shape[shape.rank - 2], shape[shape.rank - 1])
        if elements.isEmpty { return self }
        let reals = reals
        var results: [Double] = []
        for start in stride(from: 0, to: reals.count, by: rows * columns) {
            let matrix = (0..<rows).map { row in
                Array(reals[(start + row * columns)..<(start + (row + 1) * columns)])
            }
            results += body(matrix).flatMap { $0 }
        }
        return HostArray(dtype, shape, results)
    }
}

extension SeededGenerator {
    /// Leading extents and the number of rows of square matrices.
    fileprivate mutating func systems(_ size: CaseSize) -> (leading: [Int], rows: Int) {
        switch size {
        case .small: (oneIn(2) ? [] : [2], int(1...3))
        case .any: (shape(0...2, .small).extents, oneIn(8) ? 0 : int(1...9))
        case .large: ([400], 12)
        }
    }

    fileprivate mutating func rightHandSides(
        _ dtype: DType, _ leading: [Int], _ rows: Int, _ size: CaseSize
    ) -> HostArray {
        let columns = size == .small ? int(1...2) : size == .any ? int(0...4) : 12
        return array(dtype, Shape(leading + [rows, columns]), Domain(specials: []), size)
    }
}
