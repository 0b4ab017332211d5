/// Which of several jobs was pushed first.
extension Scheduler {
    /// Gives a run its number and its place.
    mutating func setOrder(of run: Run, from parent: Job?) {
        let jobCount = run.jobCount
        run.sequence = pushCount + 1
        pushCount += UInt64(jobCount)
        guard let parent else {
            run.order = PushOrder(root: rootCount + 1)
            rootCount += UInt64(jobCount)
            return
        }
        for place in returnedPlaces.takeAll() { places.remove(place) }
        let end = childrenEnd(of: parent)
        run.order = PushOrder(root: root(of: parent), place: places.insert(before: end))
        run.endPlace = places.insert(before: end)
    }

    private func root(of job: Job) -> UInt64 {
        let order = job.run.order
        return order.place == OrderTable.none ? order.root + UInt64(job.index) : order.root
    }

    /// The place before which the next child of a job stands.
    private mutating func childrenEnd(of job: Job) -> Int {
        let run = job.run
        return run.program == nil && run.isNested ? run.endPlace : run.marks[mark(of: job)].end
    }

    /// The position of a job's mark in its run. Jobs that come from outside jobs need no place themselves.
    private mutating func mark(of job: Job) -> Int {
        let run = job.run
        let (position, isThere) = run.markPosition(of: job.index)
        if isThere { return position }
        if run.isNested {
            let before = position > 0 ? run.marks[position - 1].end : run.order.place
            let begin = places.insert(after: before)
            run.marks.insert((job.index, begin, places.insert(after: begin)), at: position)
        } else {
            run.marks.insert((job.index, OrderTable.none, places.append()), at: position)
        }
        return position
    }

    /// The failure of a job; keeps the job's place for as long as it lives.
    mutating func failure(of job: Job, _ error: EngineError) -> Poison {
        let run = job.run
        var order = PushOrder(root: root(of: job))
        if run.isNested {
            if run.program == nil {
                order.place = run.order.place
                run.order.place = OrderTable.none
            } else {
                let mark = mark(of: job)
                order.place = run.marks[mark].begin
                run.marks[mark].begin = OrderTable.none
            }
        }
        return Poison(error: error, order: order, of: returnedPlaces)
    }

    /// Gives back what an ended run has no more use for.
    mutating func returnPlaces(of run: Run) {
        giveBack(run.order.place)
        giveBack(run.endPlace)
        for mark in run.marks {
            giveBack(mark.begin)
            giveBack(mark.end)
        }
        if !run.marks.isEmpty { run.marks = [] }
    }

    private mutating func giveBack(_ place: Int) {
        if place != OrderTable.none { places.remove(place) }
    }

    /// Whichever job failed first in push order; of failures of several engines that of the oldest.
    func earliest(_ a: Poison?, _ b: Poison?) -> Poison? {
        guard let a, let b else { return a ?? b }
        return precedes(b, a) ? b : a
    }

    func precedes(_ a: Poison, _ b: Poison) -> Bool {
        let (engine, other) = (a.origin?.engine ?? 0, b.origin?.engine ?? 0)
        if engine != other { return engine < other }
        if a.order.root != b.order.root { return a.order.root < b.order.root }
        // Places of another engine are not in the table.
        guard engine == returnedPlaces.engine, b.order.place != OrderTable.none else {
            return false
        }
        return a.order.place == OrderTable.none || places.precedes(a.order.place, b.order.place)
    }
}
