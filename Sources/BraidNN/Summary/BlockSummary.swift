public import BraidCore
public import BraidRuntime

/// The blocks of a network in the order of their calls, what they return, and how many parameters they
/// have. Its description is a table.
public struct BlockSummary: Hashable, Sendable {
    /// One call of a block.
    public struct Row: Hashable, Sendable {
        /// How many blocks the call is in.
        public let depth: Int
        /// Where the block stands in the network, as its parameters' names begin; empty for the network
        /// itself and for blocks that are not found in it.
        public let name: String
        /// The block's type.
        public let type: String
        /// The types of what the call returned; empty for what is not made of arrays.
        public internal(set) var outputs: [TensorType] = []
        /// How many elements the parameters have that belong to no row before this one and to no row
        /// inside of it.
        public internal(set) var parameterCount = 0
        /// Whether the block has parameters that an earlier row counts.
        public internal(set) var isShared = false
    }

    /// The calls, each before those inside of it.
    public let rows: [Row]
    /// The number of elements of all parameters, each counted once.
    public let parameterCount: Int
    /// The number of elements of the parameters that are trained.
    public let trainableParameterCount: Int
}

extension BlockSummary: CustomStringConvertible {
    /// A table of blocks, output types and parameter counts.
    public var description: String {
        let cells =
            [["block", "output", "parameters"]]
            + rows.map { row in
                let indent = String(repeating: "  ", count: row.depth)
                return [
                    indent + (row.name.isEmpty ? "" : "\(row.name): ") + row.type,
                    row.outputs.map { "\($0)" }.joined(separator: ", "),
                    row.parameterCount == 0
                        ? row.isShared ? "shared" : "" : Self.grouped(row.parameterCount),
                ]
            }
        let widths = (0..<3).map { column in cells.map { $0[column].count }.max()! }
        let lines = cells.map { row in
            let spaces = (0..<3).map { String(repeating: " ", count: widths[$0] - row[$0].count) }
            let line = row[0] + spaces[0] + "  " + row[1] + spaces[1] + "  " + spaces[2] + row[2]
            return String(line[...(line.lastIndex { $0 != " " } ?? line.startIndex)])
        }
        let total = "\(Self.grouped(parameterCount)) parameters"
        let trainable = "\(Self.grouped(trainableParameterCount)) of them trained"
        return (lines + ["\(total), \(trainable)"]).joined(separator: "\n")
    }

    /// With commas, as 431,080.
    private static func grouped(_ number: Int) -> String {
        let digits = Array("\(number)")
        return digits.indices.reduce(into: "") { text, index in
            if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
            text.append(digits[index])
        }
    }
}

extension Block where Input: ArrayStructure, Output: ArrayStructure {
    /// What the network is made of, for inputs of the given types. Nothing is computed; layers that do
    /// not know their input width yet learn it here.
    ///
    /// ```swift
    /// print(try network.summary(of: TensorType(.f32, [1, 1, 28, 28])))
    /// ```
    /// Blocks are seen when they are called as functions, `layer(x)`.
    /// - Parameters:
    ///   - inputs: a type for each array of `Input`.
    ///   - mode: whether layers behave as in training or as in prediction.
    /// - Throws: the `ArrayError` of inputs that do not fit the network.
    public func summary(of inputs: TensorType..., mode: Mode = .predict) throws -> BlockSummary {
        if let count = Input.arrayCount, count != inputs.count {
            throw ArrayError(
                .shapeMismatch, in: "summary",
                "the network takes \(count) arrays, but \(inputs.count) types were given")
        }
        let recorder = SummaryRecorder()
        try dryRun(on: inputs, mode: mode) { arrays in
            recorder.observing { self(Input(arrays: arrays)).arrays }
        }
        let all = parameters.map(\.parameter)
        return BlockSummary(
            rows: recorder.rows, parameterCount: SummaryRecorder.count(all),
            trainableParameterCount: SummaryRecorder.count(all.filter { $0.gradientMode != .none }))
    }
}
