/// Something made of a fixed number of arrays: what hybridized functions take and return.
///
/// ```swift
/// struct Sentence: ArrayStructure {
///     var tokens: NDArray
///     var mask: NDArray
///     var arrays: [NDArray] { [tokens, mask] }
///     init(arrays: [NDArray]) { (tokens, mask) = (arrays[0], arrays[1]) }
///     static var arrayCount: Int? { 2 }
/// }
/// ```
public protocol ArrayStructure: Sendable {
    /// The arrays in a fixed order.
    var arrays: [NDArray] { get }
    /// The structure of these arrays, as many as `arrays` gave.
    init(arrays: [NDArray])
    /// How many arrays there are in every value of the type, so that mistakes can be named; nil, the
    /// default, when that is not known.
    static var arrayCount: Int? { get }
}

extension ArrayStructure {
    /// Not known.
    public static var arrayCount: Int? { nil }
}

extension NDArray: ArrayStructure {
    /// This array alone.
    public var arrays: [NDArray] { [self] }
    /// The one array.
    /// - Precondition: `arrays` has one element.
    public init(arrays: [NDArray]) { self = arrays[0] }
    /// One.
    public static var arrayCount: Int? { 1 }
}

extension [NDArray]: ArrayStructure {
    /// The elements.
    public var arrays: [NDArray] { self }
    /// The elements.
    public init(arrays: [NDArray]) { self = arrays }
}

/// Two arrays.
struct ArrayPair: ArrayStructure {
    var first: NDArray
    var second: NDArray
    init(_ first: NDArray, _ second: NDArray) { (self.first, self.second) = (first, second) }
    init(arrays: [NDArray]) { self.init(arrays[0], arrays[1]) }
    var arrays: [NDArray] { [first, second] }
    static var arrayCount: Int? { 2 }
}
