/// Why a text is no JSON, or more of it than the reader allows, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of fault it is.
    package enum Code: Hashable, Sendable {
        /// The text breaks JSON's grammar, or ends too early.
        case syntax
        /// A string that is not UTF-8, or has half of a surrogate pair.
        case encoding
        /// A number that a 64-bit floating-point number cannot hold.
        case range
        /// A key that its object already has.
        case duplicateKey
        /// More bytes, values or levels than the limits allow.
        case limit
    }

    package let code: Code
    /// The byte at which the fault was seen, counted from 0.
    package let offset: Int
    package let message: String

    /// As `byte 17: expected ':' after the key`.
    package var description: String { "byte \(offset): \(message)" }
}
