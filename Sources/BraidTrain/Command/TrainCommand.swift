public import ArgumentParser
public import Braid
import BraidCommandLine

/// The `train` command, over the networks and the data of two tables.
public struct TrainCommand<Networks: NetworkTable, Data: DatasetTable>: ParsableCommand {
    /// Name, description and examples.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "train",
            abstract: "Train a network on real data, or evaluate a trained one.",
            usage: "train [<options>]",
            discussion: """
                Without options it trains \(defaultModel) on \(defaultData). After each epoch it prints the \
                accuracy on the test samples, which it never trains on. Networks are built for the shape \
                and the classes of the data.

                EXAMPLES
                  train
                  train --model mlp --optimizer sgd --learning-rate 0.1 --epochs 40
                  train --data data/fashion-mnist --epochs 5
                  train --seed 7 --output trained.braid
                  train --evaluate trained.braid
                  train --json --threads 2
                  train --workers 2 --profile trace.json

                NETWORKS (and their usual inputs)
                \(Networks.classifierListing)

                DATA
                \(Data.listing)
                  or a folder of IDX files, plain or .gz, as MNIST has them:
                  train-images-idx3-ubyte, train-labels-idx1-ubyte,
                  t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte;
                  Scripts/fetch-fashion-mnist makes one

                The file of --output is a safetensors file with the weights and the network's graph for one \
                image: train --evaluate and hybridize run need nothing else. The same seed gives the same \
                file, byte for byte, for any number of threads (on the same instruction set).

                A run whose loss becomes infinite or not a number ends, and writes no file, and so does one \
                whose network gives such scores; --evaluate of such a network fails. A run that is \
                interrupted writes the network of the last finished epoch to the file of --output; to a \
                pipe or a device it writes nothing then.

                EXIT STATUS
                  0 success, 1 failed computation, 2 bad options or files,
                  130, 143, 129 ended by Ctrl-C, SIGTERM, SIGHUP

                ENVIRONMENT
                  BRAID_DATA_DIRECTORY  the folder with digits.bin
                  BRAID_ISA             reference, avx2 or avx512
                  BRAID_CHECK           1 looks at every result, serially
                """)
    }

    private static var defaultModel: String { Networks.networks[0].name }
    private static var defaultData: String { Data.datasets[0].name }

    @Option(help: ArgumentHelp("The network to train.", valueName: "name"))
    var model: String = Self.defaultModel

    @Option(
        help: ArgumentHelp("The data to train on, or to evaluate with.", valueName: "name|folder"))
    var data: String = Self.defaultData

    @Option(parsing: .unconditional, help: "How often the training data are gone through.")
    var epochs: Int = 20

    @Option(parsing: .unconditional, help: "Samples per step.")
    var batchSize: Int = 64

    @Option(help: "How the weights move.")
    var optimizer: OptimizerName = .adam

    @Option(
        parsing: .unconditional,
        help: "Step size of the optimizer. (default: 0.002 for adam, 0.05 for sgd, others' usual)")
    var learningRate: Double?

    @Option(
        parsing: .unconditional,
        help: "How strongly weights are drawn to 0. (default: the optimizer's usual one, mostly 0)")
    var weightDecay: Double?

    @Option(help: "How the step size goes from the first step to the last.")
    var schedule: ScheduleName = .cosine

    @Option(
        parsing: .unconditional,
        help: "Steps in which the step size rises from 0 before the schedule begins.")
    var warmUpSteps: Int = 0

    @Option(
        parsing: .unconditional,
        help: "Scale gradients down whose norm, over all parameters, is larger. (default: never)")
    var clipNorm: Double?

    @Option(parsing: .unconditional, help: "Decides first weights and the order of samples.")
    var seed: UInt64 = 1

    @Option(
        parsing: .unconditional,
        help: "Replicas of the network on these threads: so many shards are computed at a time.")
    var workers: Int = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Parts into which each batch is cut, whatever the number of workers; results follow "
                + "from it."))
    var shards: Int = 4

    @Option(
        parsing: .unconditional,
        help:
            "Batches that are loaded at a time while others are computed; 0 loads them in between.")
    var loaderWorkers: Int = 1

    @Option(
        parsing: .unconditional, help: "Threads that compute. (default: every usable core)")
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "How jobs are scheduled: threaded runs them on all threads, serial one by one, "
                + "simulated one by one in an order drawn from the seed."))
    var engine: EngineName = .threaded

    @Flag(
        inversion: .prefixedNo,
        help: "Whether the network runs as compiled graphs, forward, backward and update.")
    var hybridize = true

    @Flag(
        name: .customLong("allow-nan"),
        help: """
            Go on when losses or scores are infinite or not a number, and write what came of it; evaluate \
            networks whose scores are.
            """)
    var allowsNaN = false

    @Option(
        help: ArgumentHelp(
            "Write the trained network, graph and weights, to this file.", valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Do not train: print the accuracy of the network in this file, which --output or "
                + "saveParameters wrote, and draw some digits with what it takes them for.",
            valueName: "file"))
    var evaluate: String?

    @Option(
        help: ArgumentHelp(
            "Write when and where each job ran to this file, for chrome://tracing or Perfetto.",
            valueName: "file"))
    var profile: String?

    @Flag(help: "Print one JSON object a line instead of text.")
    var json = false

    /// A command with the default options.
    public init() {}

    /// Runs the command with the process's arguments and exits: 0 on success, 2 for bad options and
    /// files, 130, 143 or 129 when a signal ended it, 1 when the computation itself fails.
    public static func main() { runToExit() }

    /// Checks the options' ranges.
    /// - Throws: `ValidationError` naming the option.
    public func validate() throws {
        guard epochs >= 1, epochs <= 1_000_000 else {
            throw ValidationError("--epochs must be in 1...1000000, not \(epochs)")
        }
        guard batchSize >= 1, batchSize <= 1 << 24 else {
            throw ValidationError("--batch-size must be in 1...16777216, not \(batchSize)")
        }
        if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate must be a positive number, not \(learningRate)")
        }
        if let weightDecay, !(weightDecay >= 0 && weightDecay.isFinite) {
            throw ValidationError("--weight-decay must not be negative, as \(weightDecay) is")
        }
        guard (0...1_000_000_000).contains(warmUpSteps) else {
            throw ValidationError("--warm-up-steps must be in 0...1000000000, not \(warmUpSteps)")
        }
        if let clipNorm, !(clipNorm > 0 && clipNorm.isFinite) {
            throw ValidationError("--clip-norm must be a positive number, not \(clipNorm)")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be in 1...1024, not \(threads)")
        }
        guard (1...1024).contains(shards) else {
            throw ValidationError("--shards must be in 1...1024, not \(shards)")
        }
        guard workers >= 1 else {
            throw ValidationError("--workers must be positive, not \(workers)")
        }
        guard workers <= shards else {
            throw ValidationError(
                "\(workers) workers have only \(shards) shards to share; pass --shards \(workers) "
                    + "or more, which changes results, or fewer --workers")
        }
        guard (0...64).contains(loaderWorkers) else {
            throw ValidationError("--loader-workers must be in 0...64, not \(loaderWorkers)")
        }
        if threads != nil, engine != .threaded {
            throw ValidationError("--threads goes with --engine threaded only")
        }
        for (name, value) in [("--output", output), ("--profile", profile)]
        where value != nil && evaluate != nil {
            throw ValidationError("\(name) and --evaluate exclude each other")
        }
        if let output, let profile, output.isSameFile(as: profile) {
            throw ValidationError("--output and --profile would be written to one file, \(output)")
        }
    }

    /// Trains or evaluates.
    /// - Throws: what is wrong with data or files.
    public func run() throws {
        let kind: Engine.Kind =
            switch engine {
            case .threaded: .threaded(threads: threads)
            case .serial: .serial
            case .simulated: .simulated(seed: seed)
            }
        Runtime.use(Engine(kind))
        let reporter: any Reporter = json ? JSONReporter() : TextReporter()
        if let problem = Kernels.selectionProblem { reporter.warn(problem) }
        // Before the data, which may take a while to read.
        let network = evaluate == nil ? try Networks.entry(named: model) : nil
        let classification = try Data.load(data)
        if let evaluate {
            try Evaluation(
                file: evaluate, networks: Networks.networks, data: classification, dataName: data,
                allowsNaN: allowsNaN
            ).run(reporter)
        }
        guard let network else { return }
        if let profile { try Profile.start(writingTo: profile) }
        try TrainingRun(
            model: network, epochs: epochs, batchSize: batchSize,
            optimizer: optimizer.optimizer(learningRate: learningRate, weightDecay: weightDecay),
            schedule: schedule, warmUpSteps: warmUpSteps,
            clipping: clipNorm.map { .globalNorm($0) }, seed: seed,
            hybridizes: hybridize, shards: shards, workers: workers, loaderWorkers: loaderWorkers,
            output: output, allowsNaN: allowsNaN,
            data: classification, dataName: data
        ).run(reporter)
        if let profile { try Profile.stop(writingTo: profile) }
    }
}
