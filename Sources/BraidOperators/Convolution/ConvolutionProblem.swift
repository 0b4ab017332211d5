import BraidCore
import CBraidKernels

/// The extents of a convolution: what its three operators share. Each operator has two of images,
/// kernels and result as operands and computes the third.
struct ConvolutionProblem {
    let geometry: ConvolutionGeometry
    let dtype: DType
    let batch: Int
    /// Of the images.
    let channels: Int
    /// Channels of the result.
    let outputs: Int
    let image: Spatial
    let kernel: Spatial
    /// The result's extents; all 0 when there is none, which inference refuses.
    let result: Spatial

    init(
        _ geometry: ConvolutionGeometry, _ dtype: DType, batch: Int, channels: Int, outputs: Int,
        image: Spatial, kernel: Spatial
    ) {
        self.geometry = geometry
        self.dtype = dtype
        self.batch = batch
        self.channels = channels
        self.outputs = outputs
        self.image = image
        self.kernel = kernel
        result =
            geometry.output(of: image, kernel: kernel) ?? Spatial(repeating: 0, rank: image.rank)
    }

    var groups: Int { geometry.groups }
    var channelsPerGroup: Int { channels / groups }
    var outputsPerGroup: Int { outputs / groups }

    /// Whether every window is one element, and every element a window: images are matrices
    /// `[channels, positions]` as they are, which need not be gathered.
    var isPointwise: Bool {
        (0..<image.rank).allSatisfy {
            kernel[$0] == 1 && geometry.stride[$0] == 1 && geometry.padding[$0] == 0
        }
    }

    /// Two operations for each product.
    var cost: Int {
        let taps = saturatingProduct(channelsPerGroup, kernel.count)
        let results = saturatingProduct(saturatingProduct(batch, outputs), result.count)
        return saturatingProduct(saturatingProduct(2, results), taps)
    }

    /// How many images with so many columns of a product each should share the packed kernels: as many as
    /// have some hundred columns together, so that packing takes little of the time and results stay in
    /// the cache, but no more than leave some pieces of work.
    func imagesPerProduct(columns: Int) -> Int {
        groups > 1 ? 1 : max(min(512 / max(columns, 1), batch / 8), 1)
    }

    /// Bytes of an array of so many elements.
    func bytes(_ elements: Int) -> Int { elements * dtype.size }
}

extension Operator {
    /// Passes operands with which the problem of a convolution can be written down.
    /// - Throws: `ArrayError` for other dtypes than f32 and f64, for another number of axes than the
    ///   geometry's, and for groups that there cannot be.
    func requireConvolutionOperands(
        _ geometry: ConvolutionGeometry, _ a: TensorType, _ aMeaning: String, _ b: TensorType,
        _ bMeaning: String
    ) throws(ArrayError) {
        try requireFloating(a)
        try requireSameType(a, b)
        let axes = "extents of \(geometry.stride.rank) spatial axes"
        for (type, meaning) in [(a, aMeaning), (b, bMeaning)] {
            try require(
                type.rank == geometry.stride.rank + 2, .shapeMismatch,
                "takes \(meaning) and \(axes), not shape \(type.shape)")
        }
        try require(
            (1..<ConvolutionGeometry.limit).contains(geometry.groups), .invalidValue,
            "\(geometry.groups) groups; there must be at least 1")
    }

    /// Passes a problem that has a result.
    /// - Throws: `ArrayError` when groups do not divide the channels, or the window does not fit.
    func requireSolvable(_ problem: ConvolutionProblem) throws(ArrayError) {
        try require(
            problem.channels % problem.groups == 0 && problem.outputs % problem.groups == 0,
            .shapeMismatch,
            "\(problem.groups) groups do not divide \(problem.channels) channels and "
                + "\(problem.outputs) outputs")
        try require(
            problem.geometry.output(of: problem.image, kernel: problem.kernel) != nil,
            .shapeMismatch,
            "kernels \(problem.kernel) with \(problem.geometry) do not fit images \(problem.image); "
                + "kernel, stride and dilation must be at least 1, padding at least 0, and the window "
                + "within the padded image")
    }
}
