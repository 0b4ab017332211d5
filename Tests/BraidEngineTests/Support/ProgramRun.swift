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
    private let programs: [Program]
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
        programs = program.templates.map(Self.built)
        outcomes = Cells(program.stepCount)
    }

    private static func built(_ template: RandomProgram.Template) -> Program {
        var builder = Program.Builder(externals: template.externalCount)
        var slots = builder.externals
        while slots.count < template.slotCount { slots.append(builder.slot()) }
        for job in template.jobs {
            builder.add(
                job.label, reads: job.reads.map { slots[$0] },
                updates: job.updates.map { slots[$0] },
                overwrites: job.overwrites.map { slots[$0] }, holds: job.holds.map { slots[$0] },
                priority: job.priority)
        }
        return builder.built()
    }

    private func result() -> ProgramResult {
        var result = ProgramResult(program)
        for action in program.actions {
            switch action {
            case .push(let step): push(step)
            case .invoke(let invocation): push(invocation)
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
        engine.push(
            step.label, reads: step.reads.map(variable), updates: step.updates.map(variable),
            overwrites: step.overwrites.map(variable), priority: step.priority, lane: step.lane
        ) { [self] in try run(step) }
    }

    private func push(_ invocation: RandomProgram.Invocation) {
        engine.push(
            programs[invocation.template], label: "program \(invocation.template)",
            externals: invocation.externals.map { frames[0].variables[$0] }
        ) { [self] job in try run(invocation.steps[job]) }
    }

    /// Pushes the children of a job as one program on the variables of their frame.
    private func pushBundle(_ step: RandomProgram.Step) {
        let variables = frames[step.childFrame].variables
        var builder = Program.Builder(externals: variables.count)
        for child in step.children {
            builder.add(
                child.label, reads: child.reads.map { builder.externals[$0.index] },
                updates: child.updates.map { builder.externals[$0.index] },
                overwrites: child.overwrites.map { builder.externals[$0.index] },
                priority: child.priority)
        }
        engine.push(builder.built(), label: "children of \(step.label)", externals: variables) {
            [self] job in try run(step.children[job])
        }
    }

    private func variable(_ place: RandomProgram.Place) -> Variable {
        frames[place.frame].variables[place.index]
    }

    private func run(_ step: RandomProgram.Step) throws {
        var hash = mix(UInt64(step.number) + 1)
        for input in step.inputs { hash = mix(hash ^ frames[input.frame].cells[input.index]) }
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
        if step.bundlesChildren {
            pushBundle(step)
        } else {
            for child in step.children { push(child) }
        }
        for awaited in step.awaited {
            let frame = frames[step.childFrame]
            let label = engine.failure(of: frame.variables[awaited])?.job
            hash = mix(hash ^ (label.map(code) ?? frame.cells[awaited]))
        }
        for output in step.outputs {
            frames[output.frame].cells[output.index] = mix(hash &+ UInt64(output.index))
        }
        outcomes[step.number] = hash
        if step.fails { throw TestFailure(number: step.number) }
    }
}
