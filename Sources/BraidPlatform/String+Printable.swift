extension StringProtocol {
    /// This text with escapes, as `\n` and `\u{1B}`, for what is no text: control characters, and marks
    /// that turn the direction of writing. Names from files and requests are shown so, as a terminal
    /// would obey them.
    package var printable: String { escaped { $0.isUnprintable } }

    /// The same for a text of several lines.
    package var printableLines: String { escaped { $0.isUnprintable && $0 != "\n" } }

    private func escaped(_ isEscaped: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: isEscaped) else { return String(self) }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case _ where !isEscaped(scalar): text.unicodeScalars.append(scalar)
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default: text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether a terminal does something else than to show this.
    package var isUnprintable: Bool {
        switch value {
        case 0x20..<0x7F: false
        case ..<0xA0: true
        // Marks and overrides of the direction, and what breaks lines.
        case 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
