#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A system call that failed, in the system's own words.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value of `errno`; 0 for what has none.
    package let number: Int32
    /// As `No such file or directory`.
    package let description: String

    /// Whether there is nothing under the path.
    package var isMissingFile: Bool { number == ENOENT || number == ENOTDIR }

    /// Whether there was no memory.
    package var isShortage: Bool { number == ENOMEM }

    /// Whether no more files can be opened.
    package var isDescriptorShortage: Bool { number == EMFILE || number == ENFILE }

    /// Whether a disk failed, or had no room.
    package var isOfDisk: Bool { [EIO, ENOSPC, EDQUOT].contains(number) }

    package init(_ description: String) {
        number = 0
        self.description = description
    }

    /// Memory that is not there.
    package init(_ shortage: MemoryShortage) {
        number = ENOMEM
        description = "\(shortage)"
    }

    /// The failure of the call before.
    static var last: SystemError { SystemError(number: errno) }

    init(number: Int32) {
        self.number = number
        description = String(cString: strerror(number))
    }
}
