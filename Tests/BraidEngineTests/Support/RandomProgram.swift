import BraidEngine

/// A random sequence of calls for an engine: pushes of jobs and of programs with everything that they
/// can have, waits, clears.
struct RandomProgram: Sendable {
    /// Variables with the words that they protect.
    typealias FrameNumber = Int

    /// One variable of a frame.
    struct Place: Hashable, Comparable, Sendable {
        var frame: FrameNumber
        var index: Int
        static func < (a: Place, b: Place) -> Bool {
            a.frame != b.frame ? a.frame < b.frame : a.index < b.index
        }
    }

    /// One job.
    struct Step: Sendable {
        var number: Int
        var label: String
        var reads: [Place] = []
        var updates: [Place] = []
        var overwrites: [Place] = []
        var priority = 0
        var lane = Lane.compute
        /// Parts that the job is split into; none when 0.
        var pieces = 0
        var fails = false
        var children: [Step] = []
        /// Whether the children are pushed as one program.
        var bundlesChildren = false
        /// The children's own variables, which nothing else names: their order, and so the result,
        /// does not depend on time.
        var childFrame: FrameNumber = 0
        /// What of them the job waits for inside its body.
        var awaited: [Int] = []

        var inputs: [Place] { Set(reads + updates).sorted() }
        var outputs: [Place] { Set(updates + overwrites).sorted() }
    }

    /// Jobs on slots, to be pushed more than once.
    struct Template: Sendable {
        struct Job: Sendable {
            let label: String
            var reads: [Int] = []
            var updates: [Int] = []
            var overwrites: [Int] = []
            var holds: [Int] = []
            let priority: Int
        }
        let externalCount: Int
        let slotCount: Int
        var jobs: [Job] = []
    }

    /// One push of a template.
    struct Invocation: Sendable {
        let template: Int
        /// Variables of frame 0; repeats happen.
        let externals: [Int]
        /// The jobs with their slots replaced by what those stand for.
        var steps: [Step] = []
    }

    enum Action: Sendable {
        case push(Step)
        case invoke(Invocation)
        case wait(Int)
        case waitAll
        case clear(Int)
    }

    private(set) var actions: [Action] = []
    private(set) var frameSizes: [Int] = []
    private(set) var stepCount = 0
    private(set) var templates: [Template] = []
    /// How many of the jobs run on the io lane.
    private let io: Double
    /// Frames of slots, which no engine sees as variables.
    private(set) var slotFrames: Set<FrameNumber> = []

    /// - Parameter programs: how many of the pushes push programs.
    init(seed: UInt64, length: Int, programs: Double = 0, io: Double = 0) {
        self.io = io
        var random = RandomSource(seed: seed)
        frameSizes = [5 + random.next(below: 6)]
        if programs > 0 {
            for number in 0...random.next(below: 3) {
                templates.append(Self.template(&random, number))
            }
        }
        for _ in 0..<length {
            let variable = random.next(below: frameSizes[0])
            if programs > 0, random.chance(programs) {
                actions.append(.invoke(invocation(&random)))
                continue
            }
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
        var step = Step(number: stepCount, label: "job \(stepCount)")
        stepCount += 1
        for _ in 0..<random.next(below: 9) {
            let place = Place(frame: frame, index: random.next(below: frameSizes[frame]))
            switch random.next(below: 5) {
            case 0, 1: step.reads.append(place)
            case 2, 3: step.updates.append(place)
            default: step.overwrites.append(place)
            }
        }
        step.priority = random.next(below: 5) - 2
        if io > 0, random.chance(io) { step.lane = .io }
        addContents(&random, to: &step, depth: depth)
        return step
    }

    /// What a job does in its body.
    private mutating func addContents(
        _ random: inout RandomSource, to step: inout Step, depth: Int
    ) {
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
            if !templates.isEmpty { step.bundlesChildren = random.chance(0.5) }
        }
    }

    private static func template(_ random: inout RandomSource, _ number: Int) -> Template {
        let externalCount = random.next(below: 7)
        let slotCount = externalCount + random.next(below: 5)
        var template = Template(externalCount: externalCount, slotCount: slotCount)
        let hasHeld = externalCount > 0 && random.chance(0.5)
        for job in 0..<random.next(below: 13) {
            var inner = Template.Job(
                label: "program \(number) job \(job)", priority: random.next(below: 5) - 2)
            for _ in 0..<(slotCount == 0 ? 0 : random.next(below: 6)) {
                let slot = random.next(below: slotCount)
                switch random.next(below: 5) {
                case 0, 1: inner.reads.append(slot)
                case 2, 3: inner.updates.append(slot)
                default: inner.overwrites.append(slot)
                }
            }
            if hasHeld, random.chance(0.6) { inner.holds.append(0) }
            template.jobs.append(inner)
        }
        return template
    }

    private mutating func invocation(_ random: inout RandomSource) -> Invocation {
        let number = random.next(below: templates.count)
        let template = templates[number]
        var invocation = Invocation(
            template: number,
            externals: (0..<template.externalCount).map { _ in
                random.next(below: frameSizes[0])
            })
        let frame = frameSizes.count
        frameSizes.append(template.slotCount - template.externalCount)
        slotFrames.insert(frame)
        func place(_ slot: Int) -> Place {
            slot < template.externalCount
                ? Place(frame: 0, index: invocation.externals[slot])
                : Place(frame: frame, index: slot - template.externalCount)
        }
        for job in template.jobs {
            var step = Step(number: stepCount, label: job.label)
            stepCount += 1
            step.reads = job.reads.map(place)
            step.updates = job.updates.map(place)
            step.overwrites = job.overwrites.map(place)
            addContents(&random, to: &step, depth: 1)
            invocation.steps.append(step)
        }
        return invocation
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
            case .invoke(let invocation):
                for step in invocation.steps {
                    run(step, order: [rootCount])
                    rootCount += 1
                }
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
        // Nobody sees those.
        for frame in program.slotFrames {
            result.errors[frame] = result.errors[frame].map { _ in nil }
            result.versions[frame] = result.versions[frame].map { _ in 0 }
        }
    }

    private mutating func run(_ step: RandomProgram.Step, order: [Int]) {
        var earliest: Failure?
        for input in step.inputs {
            if let failure = failures[input], failure.precedes(earliest) {
                earliest = failure
            }
        }
        if let earliest {
            for output in step.outputs { failures[output] = earliest }
            return
        }
        var hash = mix(UInt64(step.number) + 1)
        for input in step.inputs { hash = mix(hash ^ result.values[input]) }
        for piece in 0..<step.pieces { hash = mix(hash &+ mix(hash &+ UInt64(piece))) }
        for (position, child) in step.children.enumerated() {
            run(child, order: order + [position])
        }
        for awaited in step.awaited {
            let label = failures[step.childFrame][awaited]?.label
            hash = mix(hash ^ (label.map(code) ?? result.values[step.childFrame][awaited]))
        }
        for output in step.outputs {
            result.values[output] = mix(hash &+ UInt64(output.index))
        }
        result.outcomes[step.number] = hash
        let failure = step.fails ? Failure(label: step.label, order: order) : nil
        if let failure, failure.precedes(unreported) { unreported = failure }
        for output in step.outputs {
            failures[output] = failure
            if failure == nil { result.versions[output] += 1 }
        }
    }
}

extension Array {
    /// By frame and index.
    fileprivate subscript<Value>(place: RandomProgram.Place) -> Value where Element == [Value] {
        get { self[place.frame][place.index] }
        set { self[place.frame][place.index] = newValue }
    }
}

/// A number for a label.
func code(_ label: String) -> UInt64 {
    label.utf8.reduce(0) { mix($0 &+ UInt64($1) &+ 1) }
}
