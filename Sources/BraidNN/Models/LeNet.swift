/// Networks by name.
public enum Models {
    /// LeNet as trained on MNIST: two convolutions of 20 and 50 channels with tanh and max pooling,
    /// then 500 units (after LeCun et al., Proc. IEEE 1998).
    ///
    /// - Parameters:
    ///   - height: of the input image; from 28 on both convolutions are 5x5 and valid, below they
    ///     are 3x3 with a padding of 1.
    ///   - classes: the number of scores.
    /// - Precondition: `height` and `width` are positive.
    public static func lenet(height: Int, width: Int, classes: Int = 10) -> Sequential {
        let check = ArgumentCheck("lenet", #fileID, #line)
        let (height, width) = (check.extent(height, "height"), check.extent(width, "width"))
        let isLarge = height >= 28 && width >= 28
        let (kernel, padding) = isLarge ? (5, 0) : (3, 1)
        return Sequential {
            Conv2D(20, kernel: kernel, padding: padding, activation: .tanh)
            MaxPool2D(2)
            Conv2D(50, kernel: kernel, padding: padding, activation: .tanh)
            MaxPool2D(2)
            Flatten()
            Dense(500, activation: .tanh)
            Dense(classes)
        }
    }

    /// A multi-layer perceptron: dense layers of the given widths with rectifiers between, then the
    /// scores. Takes images or vectors.
    public static func mlp(hidden: [Int] = [128, 64], classes: Int = 10) -> Sequential {
        Sequential {
            Flatten()
            for width in hidden { Dense(width, activation: .relu) }
            Dense(classes)
        }
    }
}
