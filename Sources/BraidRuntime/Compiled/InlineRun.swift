import BraidCore
import BraidEngine
import BraidGraph

/// A run of a plan's steps on the calling thread, of which some may refuse the values of their operands:
/// then the rest goes on without what depends on those, as the jobs of a program would.
struct InlineRun {
    /// A step that refused, and the arrays outside the arena that carry its error.
    struct Failure {
        let label: String
        let error: ArrayError
        fileprivate(set) var places: [ExecutionPlan.Place] = []

        /// Hands the failure over, as of a job that was to write them.
        func push(_ inputs: [NDArray], _ buffers: [Storage]) {
            let written = places.compactMap { place -> Variable? in
                switch place {
                case .input(let input): inputs[input].storage
                case .output(let buffer): buffers[buffer]
                case .constant, .arena: nil
                }
            }
            let error = error
            Runtime.engine.push(label, overwrites: written, context: .kernel) { throw error }
        }
    }

    private let plan: ExecutionPlan

    init(_ plan: ExecutionPlan) { self.plan = plan }

    /// Runs the steps.
    /// - Returns: what failed, in the order of the steps.
    func callAsFunction(in memory: CallMemory) -> [Failure] {
        for index in plan.steps.indices {
            if plan.steps[index].checksValues {
                do throws(ArrayError) {
                    try plan.steps[index].checkValues(in: memory, splitter: nil)
                } catch { return run(from: index, in: memory, error) }
            }
            plan.steps[index].run(in: memory, splitter: nil)
        }
        return []
    }

    /// Runs the steps behind the first that failed.
    private func run(
        from first: Int, in memory: CallMemory, _ error: ArrayError
    ) -> [Failure] {
        var failures: [Failure] = []
        // For each step the failure that it goes back to.
        var causes = [Int?](repeating: nil, count: plan.steps.count)
        func fail(_ index: Int, _ error: ArrayError) {
            causes[index] = failures.count
            failures.append(
                Failure(label: type(of: plan.steps[index].op).name, error: error.located()))
        }
        fail(first, error)
        for index in first..<plan.steps.count {
            let step = plan.steps[index]
            if causes[index] == nil {
                let sources = step.producers + (step.isGuarded ? plan.guards : [])
                causes[index] = sources.compactMap { causes[$0] }.min()
            }
            if causes[index] == nil, step.checksValues {
                do throws(ArrayError) {
                    try step.checkValues(in: memory, splitter: nil)
                } catch { fail(index, error) }
            }
            guard let cause = causes[index] else {
                step.run(in: memory, splitter: nil)
                continue
            }
            for (number, result) in step.results.enumerated() {
                switch result.place {
                case .input where step.isGuarded && step.keepsOnFailure[number]: break
                case .input, .output: failures[cause].places.append(result.place)
                case .arena, .constant: break
                }
            }
        }
        return failures
    }
}
