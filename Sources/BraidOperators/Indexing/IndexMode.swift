import BraidCore

/// What an index outside its axis means.
public enum IndexMode: Hashable, Sendable, Codable, CaseIterable {
    /// An error: the result carries it, and every read of it, or of what depends on it, names the lowest
    /// bad position, the index there and the bound.
    case checked
    /// The nearer end, Apache MXNet's rule: -1 means the first element.
    case clipping
    /// Counted round and round, NumPy's rule: -1 means the last element.
    case wrapping
}

extension Operand {
    /// These indices of an axis as the operators of this folder take them: indices that wrap are brought
    /// into the axis before.
    func wrapped(_ mode: IndexMode, below extent: Int) -> Self {
        // An axis without elements is the operator's to refuse.
        mode == .wrapping && extent > 0 && dtype.isInteger ? modulo(Double(extent)) : self
    }
}
