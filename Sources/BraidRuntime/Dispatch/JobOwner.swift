import BraidCore

/// On whose behalf jobs are pushed, for recordings of when they ran.
package enum JobOwner {
    package static var current: String? { Scopes.current?.owner }

    /// Names the owner of the jobs that `body` pushes.
    package static func named<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
        try Scopes.changing({ $0.owner = name }, body)
    }
}
