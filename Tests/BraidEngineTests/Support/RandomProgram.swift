/// A random program for an engine: pushes with everything that they can have, waits, clears.
struct RandomProgram: Sendable {
    /// Variables with the words that they protect.
    typealias FrameNumber = Int

    /// One job.
    struct Step: Sendable {
        var number: Int
        var label: String { "job \(number)" }
        /// Whose variables the accesses mean.
        var frame: FrameNumber
        var reads: [Int] = []
        var updates: [Int] = []
        var overwrites: [Int] = []
        var priority = 0
        /// Parts that the job is split into; none when 0.
        var pieces = 0
        var fails = false
        var children: [Step] = []
        /// The children's own variables, which nothing else names: their order, and so the result,
        /// does not depend on time.
        var childFrame: FrameNumber = 0
        /// What of them the job waits for inside its body.
        var awaited: [Int] = []

        var inputs: [Int] { Set(reads + updates).sorted() }
        var outputs: [Int] { Set(updates + overwrites).sorted() }
    }

    enum Action: Sendable {
        case push(Step)
        case wait(Int)
        case waitAll
        case clear(Int)
    }

    private(set) var actions: [Action] = []
    private(set) var frameSizes: [Int] = []
    private(set) var stepCount = 0

    init(seed: UInt64, length: Int) {
        var random = RandomSource(seed: seed)
        frameSizes = [5 + random.next(below: 6)]
        for _ in 0..<length {
            let variable = random.next(below: frameSizes[0])
            switch random.next(below: 40) {
            case 0, 1: actions.append(.wait(variable))
            case 2: actions.append(.clear(variable))
            case 3: actions.append(.waitAll)
            default: actions.append(.push(step(&random, frame: 0, depth: 0)))
            }
        }
    }

    private mutating func step(
        _ random: inout RandomSource, frame: FrameNumber, depth: Int
    ) -> Step {
        var step = Step(number: stepCount, frame: frame)
        stepCount += 1
        for _ in 0..<random.next(below: 9) {
            let variable = random.next(below: frameSizes[frame])
            switch random.next(below: 5) {
            case 0, 1: step.reads.append(variable)
            case 2, 3: step.updates.append(variable)
            default: step.overwrites.append(variable)
            }
        }
        step.priority = random.next(below: 5) - 2
        step.fails = random.chance(0.04)
        if random.chance(0.15) { step.pieces = random.next(below: 7) }
        if depth < 2, random.chance(depth == 0 ? 0.1 : 0.3) {
            let size = 1 + random.next(below: 3)
            step.childFrame = frameSizes.count
            frameSizes.append(size)
            for _ in 0...random.next(below: 4) {
                let child = self.step(&random, frame: step.childFrame, depth: depth + 1)
                step.children.append(child)
            }
            for variable in 0..<size where random.chance(0.5) { step.awaited.append(variable) }
        }
        return step
    }
}

/// What a program leaves behind, in a form that can be compared.
struct ProgramResult: Equatable, Sendable {
    /// By frame and variable.
    var values: [[UInt64]]
    var versions: [[UInt64]]
    /// The label of the job that a variable's failure goes back to.
    var errors: [[String?]]
    /// What each job computed; 0 for those that did not run.
    var outcomes: [UInt64]
    /// What each wait in the program reported.
    var reports: [String?] = []

    init(_ program: RandomProgram) {
        values = program.frameSizes.map { Array(repeating: 0, count: $0) }
        versions = values
        errors = program.frameSizes.map { Array(repeating: nil, count: $0) }
        outcomes = Array(repeating: 0, count: program.stepCount)
    }
}

/// The meaning of a program, job after job.
struct SequentialModel {
    private struct Failure {
        let label: String
        let order: [Int]
        func precedes(_ other: Failure?) -> Bool {
            other.map { order.lexicographicallyPrecedes($0.order) } ?? true
        }
    }

    private(set) var result: ProgramResult
    private var failures: [[Failure?]]
    private var unreported: Failure?
    private var rootCount = 0

    init(_ program: RandomProgram) {
        result = ProgramResult(program)
        failures = program.frameSizes.map { Array(repeating: nil, count: $0) }
        for action in program.actions {
            switch action {
            case .push(let step):
                run(step, order: [rootCount])
                rootCount += 1
            case .wait(let variable): result.reports.append(failures[0][variable]?.label)
            case .waitAll:
                result.reports.append(unreported?.label)
                unreported = nil
            case .clear(let variable):
                rootCount += 1
                failures[0][variable] = nil
                result.versions[0][variable] += 1
            }
        }
        result.reports.append(unreported?.label)
        result.errors = failures.map { $0.map { $0?.label } }
    }

    private mutating func run(_ step: RandomProgram.Step, order: [Int]) {
        var earliest: Failure?
        for input in step.inputs {
            if let failure = failures[step.frame][input], failure.precedes(earliest) {
                earliest = failure
            }
        }
        if let earliest {
            for output in step.outputs { failures[step.frame][output] = earliest }
            return
        }
        var hash = mix(UInt64(step.number) + 1)
        for input in step.inputs { hash = mix(hash ^ result.values[step.frame][input]) }
        for piece in 0..<step.pieces { hash = mix(hash &+ mix(hash &+ UInt64(piece))) }
        for (position, child) in step.children.enumerated() {
            run(child, order: order + [position])
        }
        for awaited in step.awaited {
            let label = failures[step.childFrame][awaited]?.label
            hash = mix(hash ^ (label.map(code) ?? result.values[step.childFrame][awaited]))
        }
        for output in step.outputs {
            result.values[step.frame][output] = mix(hash &+ UInt64(output))
        }
        result.outcomes[step.number] = hash
        let failure = step.fails ? Failure(label: step.label, order: order) : nil
        if let failure, failure.precedes(unreported) { unreported = failure }
        for output in step.outputs {
            failures[step.frame][output] = failure
            if failure == nil { result.versions[step.frame][output] += 1 }
        }
    }
}

/// A number for a label.
func code(_ label: String) -> UInt64 {
    label.utf8.reduce(0) { mix($0 &+ UInt64($1) &+ 1) }
}
