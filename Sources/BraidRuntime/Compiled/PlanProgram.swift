import BraidCore
import BraidEngine
import BraidGraph

/// A plan as a program of the engine. The jobs are the plan's steps; the externals are the arrays of the
/// inputs, the buffers of what is returned, and the arena, which all steps that use it hold together.
///
/// A step that fails takes with it those that read what it was to write, and no others. Before the first
/// guarded step stands one job more: it fails with what guards those, so that of one call all of them
/// change the inputs that they replace, or none does.
struct PlanProgram: Sendable {
    let program: Program
    /// The number of the job that guards; nil when there is none.
    private let guardJob: Int?

    init(_ plan: ExecutionPlan) {
        var builder = Program.Builder(externals: plan.inputs.count + plan.outputBuffers.count + 1)
        let externals = builder.externals
        let arena = externals[externals.count - 1]
        let firstGuarded = plan.steps.firstIndex(where: \.isGuarded)
        guardJob = plan.guards.isEmpty && plan.guardingInputs.isEmpty ? nil : firstGuarded
        func external(_ place: ExecutionPlan.Place) -> Program.Slot? {
            switch place {
            case .input(let input): externals[input]
            case .output(let buffer): externals[plan.inputs.count + buffer]
            case .constant: nil
            case .arena: arena
            }
        }
        // What a step leaves in the arena, as one value for those that depend on it.
        var results: [Program.Slot] = []
        var admission: Program.Slot?
        for (number, step) in plan.steps.enumerated() {
            if number == guardJob {
                let slot = builder.slot()
                builder.add(
                    "guard",
                    reads: plan.guards.map { results[$0] }
                        + plan.guardingInputs.map { externals[$0] }, overwrites: [slot])
                admission = slot
            }
            let done = builder.slot()
            results.append(done)
            var reads = step.producers.map { results[$0] }
            var overwrites = [done]
            var keeps: [Program.Slot] = []
            var holds = step.scratchByteCount > 0 ? [arena] : []
            for operand in step.operands {
                guard let slot = external(operand.place) else { continue }
                if slot == arena { holds.append(slot) } else { reads.append(slot) }
            }
            for (number, result) in step.results.enumerated() {
                guard let slot = external(result.place) else { continue }
                if slot == arena {
                    holds.append(slot)
                } else if step.isGuarded, step.keepsOnFailure[number], case .input = result.place {
                    keeps.append(slot)
                } else {
                    overwrites.append(slot)
                }
            }
            if step.isGuarded, let admission { reads.append(admission) }
            let known = Set(step.producers)
            builder.add(
                type(of: step.op).name, reads: reads, overwrites: overwrites, holds: holds,
                follows: step.dependencies.filter { !known.contains($0) }.map { results[$0] },
                keeps: keeps)
        }
        program = builder.built()
    }

    /// The step that a job runs; nil for the one that guards.
    func step(ofJob job: Int) -> Int? {
        guard let guardJob, job >= guardJob else { return job }
        return job == guardJob ? nil : job - 1
    }
}
