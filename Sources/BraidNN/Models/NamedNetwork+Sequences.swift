import BraidCore

extension NamedNetwork {
    /// `Models.bert`, twelve layers.
    public static let bert = NamedNetwork(
        "bert", "Encoder of BERT-base, twelve layers, from embedded positions",
        inputs: [TensorType(.f32, [1, 128, 768])]
    ) { _ in Models.bert() }

    /// `Models.gpt` for 1,000 tokens.
    public static let gpt = NamedNetwork(
        "gpt", "Small language model of four causal transformer layers",
        inputs: [TensorType(.i64, [1, 128])]
    ) { _ in Models.gpt() }

    /// `Models.lstm` of two layers of 512 units.
    public static let lstm = NamedNetwork(
        "lstm", "Two layers of long short-term memory, 512 units, steps first",
        inputs: [TensorType(.f32, [64, 1, 512])]
    ) { _ in Models.lstm() }

    /// `Models.lstmLanguageModel` for 1,000 tokens.
    public static let lstmLanguageModel = NamedNetwork(
        "lstm-lm", "Language model of one layer of long short-term memory",
        inputs: [TensorType(.i64, [1, 64])]
    ) { _ in Models.lstmLanguageModel() }
}
