public import BraidCore

extension Models {
    /// Two layers of long short-term memory with 512 units each. Takes and returns `[steps, batch, 512]`.
    public static func lstm(
        units: Int = 512, layers: Int = 2, inputs: Int = 512, dtype: DType = .f32
    ) -> Sequential {
        Sequential { LSTM(units, layers: layers, inputs: inputs, dtype: dtype) }
    }

    /// A language model of one layer of long short-term memory (after Mikolov et al., 2010, and Sundermeyer
    /// et al., 2012). Takes tokens `[batch, length]` of any integer dtype, returns scores
    /// `[batch, length, vocabulary]` of the next ones.
    public static func lstmLanguageModel(
        vocabulary: Int = 1000, width: Int = 256, dtype: DType = .f32
    ) -> Sequential {
        Sequential {
            Embedding(vocabulary, width: width, dtype: dtype)
            LSTM(width, isBatchFirst: true, inputs: width, dtype: dtype)
            Dense(vocabulary, inputs: width, dtype: dtype)
        }
    }
}
