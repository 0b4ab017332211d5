/// Numbers that a hash of their place gives, evenly spread over `-0.5..<0.5`: any program can make them
/// again. Scripts/make-model-oracle has the same.
public enum HashedValues {
    /// The number at a place, of a row that the seed names.
    public static func value(at place: Int, seed: Int) -> Double {
        var word = UInt32(truncatingIfNeeded: place) &* 0x9E37_79B9
        word &+= UInt32(truncatingIfNeeded: seed &* 0x85EB_CA6B)
        word = (word ^ (word >> 16)) &* 0x7FEB_352D
        word = (word ^ (word >> 15)) &* 0x846C_A68B
        word ^= word >> 16
        return Double(word) * 0x1p-32 - 0.5
    }

    /// `count` numbers times `scale` plus `center`, rounded to f32.
    public static func floats(
        _ count: Int, seed: Int, scale: Double = 1, center: Double = 0
    ) -> [Float] {
        (0..<count).map { Float(value(at: $0, seed: seed) * scale + center) }
    }
}
