import BraidEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A program on an engine.
final class ProgramRun: Sendable {
    private struct Frame: Sendable {
        let variables: [Variable]
        let cells: Cells
    }

    private let program: RandomProgram
    private let engine: Engine
    private let frames: [Frame]
    private let outcomes: Cells

    /// Runs a program to its end.
    static func result(of program: RandomProgram, on engine: Engine) -> ProgramResult {
        ProgramRun(program, engine).result()
    }

    private init(_ program: RandomProgram, _ engine: Engine) {
        self.program = program
        self.engine = engine
        frames = program.frameSizes.map { size in
            Frame(variables: (0..<size).map { _ in Variable() }, cells: Cells(size))
        }
        outcomes = Cells(program.stepCount)
    }

    private func result() -> ProgramResult {
        var result = ProgramResult(program)
        for action in program.actions {
            switch action {
            case .push(let step): push(step)
            case .wait(let variable):
                result.reports.append(engine.failure(of: frames[0].variables[variable])?.job)
            case .waitAll: result.reports.append(engine.failureOfAll()?.job)
            case .clear(let variable): engine.clearError(of: frames[0].variables[variable])
            }
        }
        result.reports.append(engine.failureOfAll()?.job)
        for (number, frame) in frames.enumerated() {
            result.errors[number] = frame.variables.map { engine.failure(of: $0)?.job }
            result.versions[number] = frame.variables.map(\.version)
            result.values[number] = (0..<frame.cells.count).map { frame.cells[$0] }
        }
        result.outcomes = (0..<outcomes.count).map { outcomes[$0] }
        return result
    }

    private func push(_ step: RandomProgram.Step) {
        let variables = frames[step.frame].variables
        engine.push(
            step.label, reads: step.reads.map { variables[$0] },
            updates: step.updates.map { variables[$0] },
            overwrites: step.overwrites.map { variables[$0] }, priority: step.priority
        ) { [self] in try run(step) }
    }

    private func run(_ step: RandomProgram.Step) throws {
        let cells = frames[step.frame].cells
        var hash = mix(UInt64(step.number) + 1)
        for input in step.inputs { hash = mix(hash ^ cells[input]) }
        // Shakes the order in which threads get on.
        if hash & 7 == 0 { sched_yield() }
        if step.pieces > 0 {
            let parts = Cells(step.pieces)
            // Each piece needs the ones before it for its own hash: only what does not depend on
            // them is done in parallel.
            for piece in 0..<step.pieces { parts[piece] = UInt64(piece) }
            engine.parallelFor(step.pieces) { parts[$0] += 1 }
            for piece in 0..<step.pieces { hash = mix(hash &+ mix(hash &+ parts[piece] - 1)) }
        }
        for child in step.children { push(child) }
        for awaited in step.awaited {
            let frame = frames[step.childFrame]
            let label = engine.failure(of: frame.variables[awaited])?.job
            hash = mix(hash ^ (label.map(code) ?? frame.cells[awaited]))
        }
        for output in step.outputs { cells[output] = mix(hash &+ UInt64(output)) }
        outcomes[step.number] = hash
        if step.fails { throw TestFailure(number: step.number) }
    }
}
