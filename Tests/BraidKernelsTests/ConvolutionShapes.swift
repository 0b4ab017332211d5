import CBraidKernels

/// A forward convolution of [images, channels, depth, height, width] with kernels
/// [outChannels, channels, depth, height, width].
struct ConvolutionShapes: CustomStringConvertible {
    /// One number per axis, from depth to width.
    typealias Numbers = SIMD3<Int>

    let images, channels, outChannels: Int
    let size, kernel, stride, pad, dilation, out: Numbers

    /// Random ones that leave an output; most have no depth.
    init(_ generator: inout SeededGenerator) {
        func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        while true {
            let isDeep = random(0...3) == 0
            func numbers(
                _ depth: ClosedRange<Int>, _ height: ClosedRange<Int>, _ width: ClosedRange<Int>,
                flat: Int = 1
            ) -> Numbers {
                Numbers(isDeep ? random(depth) : flat, random(height), random(width))
            }
            let size = numbers(1...4, 1...(isDeep ? 6 : 14), 1...(isDeep ? 12 : 40))
            let kernel = numbers(1...3, 1...5, 1...5)
            let isPlain = Bool.random(using: &generator)
            let stride = isPlain ? Numbers(repeating: 1) : numbers(1...2, 1...3, 1...3)
            let dilation = isPlain ? Numbers(repeating: 1) : numbers(1...2, 1...2, 1...3)
            let pad = random(0...2) == 0 ? (kernel &- 1) / 2 : numbers(0...2, 0...3, 0...3, flat: 0)
            let room = size &+ 2 &* pad &- dilation &* (kernel &- 1) &- 1
            if room.min() < 0 { continue }
            (images, channels, outChannels) = (random(1...3), random(1...5), random(1...9))
            (self.size, self.kernel, self.stride, self.pad, self.dilation) = (
                size, kernel, stride, pad, dilation
            )
            out = room / stride &+ 1
            return
        }
    }

    var taps: Int { kernel.x * kernel.y * kernel.z }
    var plane: Int { size.x * size.y * size.z }
    var positions: Int { out.x * out.y * out.z }

    var description: String {
        """
        [\(images), \(channels), \(size)] kernel \(kernel) stride \(stride) pad \(pad) \
        dilation \(dilation) out channels \(outChannels)
        """
    }

    /// As the kernels take it: gathering from the input, or from the output's gradient.
    func arguments(gathersFromOutput: Bool) -> braid_conv_geometry {
        func wide(_ numbers: Numbers) -> (Int64, Int64, Int64) {
            (Int64(numbers.x), Int64(numbers.y), Int64(numbers.z))
        }
        var g = braid_conv_geometry()
        g.channels = Int64(gathersFromOutput ? outChannels : channels)
        (g.depth, g.height, g.width) = wide(gathersFromOutput ? out : size)
        (g.out_d, g.out_h, g.out_w) = wide(gathersFromOutput ? size : out)
        (g.kernel_d, g.kernel_h, g.kernel_w) = wide(kernel)
        (g.stride_d, g.stride_h, g.stride_w) = wide(stride)
        (g.pad_d, g.pad_h, g.pad_w) = wide(pad)
        (g.dilation_d, g.dilation_h, g.dilation_w) = wide(dilation)
        g.image_stride = Int64(channels * plane)
        return g
    }

    /// Calls `body` with (output position, tap, input position) of every pair that one kernel brings
    /// together in one plane.
    func forEachPair(_ body: (Int, Int, Int) -> Void) {
        func index(_ position: Int, _ extents: Numbers) -> Numbers {
            Numbers(
                position / extents.z / extents.y, position / extents.z % extents.y,
                position % extents.z)
        }
        for position in 0..<positions {
            for tap in 0..<taps {
                let place =
                    index(position, out) &* stride &- pad &+ index(tap, kernel) &* dilation
                if place.min() >= 0, (size &- place).min() > 0 {
                    body(position, tap, (place.x * size.y + place.y) * size.z + place.z)
                }
            }
        }
    }

    /// Calls `body` with (image, out channel, output position, channel, tap, input position) of
    /// every product that a convolution adds up.
    func forEachProduct(_ body: (Int, Int, Int, Int, Int, Int) -> Void) {
        for image in 0..<images {
            for oc in 0..<outChannels {
                for c in 0..<channels {
                    forEachPair { body(image, oc, $0, c, $1, $2) }
                }
            }
        }
    }
}
