/// Stops the program when something that the library itself promises does not hold, with the message in
/// optimised builds too, which leave that of `precondition` out. Never for what a caller or a file got wrong.
@inlinable @inline(__always)
package func invariant(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { brokenInvariant(message()) }
}

/// Stops the program where the library's own promises do not let it come.
@usableFromInline
@inline(never)
package func brokenInvariant(_ message: String) -> Never {
    fatalError("a mistake of Braid, please report it: \(message)")
}
