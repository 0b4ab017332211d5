/// On whose behalf jobs are pushed, for recordings of when they ran.
package enum JobOwner {
    @TaskLocal package static var current: String?

    /// Names the owner of the jobs that `body` pushes.
    package static func named<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
        try $current.withValue(name, operation: body)
    }
}
