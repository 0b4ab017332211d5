// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Braid",
    platforms: [.macOS(.v15)],
    products: [
        // With all modules behind the umbrella, so that packages outside name them; see the end.
        .library(
            name: "Braid",
            targets: [
                "Braid", "BraidPlatform", "BraidFormats", "BraidCore", "BraidEngine",
                "BraidOperators", "BraidGraph", "BraidRuntime",
                "BraidData", "BraidParallel", "BraidNN",
            ]),
        .library(name: "BraidTrain", targets: ["BraidTrain"]),
        .executable(name: "train", targets: ["train"]),
        .library(name: "BraidHybridize", targets: ["BraidHybridize"]),
        .executable(name: "hybridize", targets: ["hybridize"]),
        .executable(name: "braid-bench", targets: ["braid-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .target(name: "CBraidKernels", linkerSettings: [.linkedLibrary("m")]),
        .target(name: "CBraidPlatform"),
        .target(name: "BraidPlatform", dependencies: ["CBraidPlatform"]),
        .target(name: "BraidFormats", dependencies: ["BraidPlatform"]),
        .target(name: "BraidCore", dependencies: ["BraidPlatform"]),
        .target(name: "BraidEngine", dependencies: ["BraidPlatform"]),
        .target(name: "BraidOperators", dependencies: ["BraidCore", "CBraidKernels"]),
        .target(name: "BraidGraph", dependencies: ["BraidCore", "BraidOperators"]),
        .target(
            name: "BraidRuntime",
            dependencies: [
                "BraidFormats", "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph",
            ]),
        .target(
            name: "BraidData",
            dependencies: [
                "BraidFormats", "BraidCore", "BraidEngine", "BraidOperators", "BraidRuntime",
            ],
            resources: [.copy("Resources/digits")]),
        .target(name: "BraidParallel", dependencies: ["BraidCore", "BraidRuntime"]),
        .target(
            name: "BraidNN",
            dependencies: [
                "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph", "BraidRuntime",
                "BraidData", "BraidParallel",
            ]),
        .target(
            name: "Braid",
            dependencies: [
                "BraidFormats", "BraidCore", "BraidEngine", "BraidOperators", "BraidGraph",
                "BraidRuntime", "BraidData", "BraidParallel", "BraidNN",
            ]),
        .target(
            name: "BraidCommandLine",
            dependencies: [
                "Braid", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(
            name: "BraidTrain",
            dependencies: [
                "Braid", "BraidCommandLine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "train", dependencies: ["Braid", "BraidTrain"]),
        .target(
            name: "BraidHybridize",
            dependencies: [
                "Braid", "BraidCommandLine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "hybridize", dependencies: ["Braid", "BraidHybridize"]),
        .target(
            name: "BraidBench",
            dependencies: [
                "Braid", "BraidCommandLine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "braid-bench", dependencies: ["BraidBench"]),

        .target(
            name: "BraidTestSupport",
            dependencies: ["BraidCore", "BraidOperators", "BraidGraph"],
            path: "Tests/BraidTestSupport"),
        .testTarget(name: "BraidKernelsTests", dependencies: ["CBraidKernels"]),
        .testTarget(name: "BraidEngineTests", dependencies: ["BraidPlatform", "BraidEngine"]),
        .testTarget(
            name: "BraidCoreTests", dependencies: ["BraidCore", "BraidTestSupport"]),
        .testTarget(
            name: "BraidOperatorsTests",
            dependencies: ["BraidCore", "BraidOperators", "BraidGraph", "BraidTestSupport"],
            exclude: ["Oracle/README.md"], resources: [.copy("Oracle/values")]),
        .testTarget(
            name: "BraidGraphTests",
            dependencies: ["BraidCore", "BraidOperators", "BraidGraph", "BraidTestSupport"]),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .testTarget(
            name: "BraidRuntimeTests",
            dependencies: ["Braid", "BraidTestSupport", "CAllocationCounter"]),
        .testTarget(name: "BraidDataTests", dependencies: ["Braid", "BraidTestSupport"]),
        .testTarget(name: "BraidParallelTests", dependencies: ["Braid", "BraidTestSupport"]),
        .testTarget(
            name: "BraidNNTests", dependencies: ["Braid", "BraidTestSupport"],
            exclude: ["Oracle/README.md"], resources: [.copy("Oracle/values")]),
        .testTarget(
            name: "BraidTrainTests",
            dependencies: [
                "BraidTrain", "BraidTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(
            name: "BraidHybridizeTests",
            dependencies: [
                "BraidHybridize", "BraidTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(name: "BraidBenchTests", dependencies: ["BraidBench", "BraidTestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system && !target.name.hasPrefix("C") {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}

// SwiftPM compiles a target anew when the module file of a target that it names has changed. That file
// can stay the same, as an umbrella's does, when modules below have changed: what was compiled against
// their old layouts would be linked with the new ones. So every target names all below it.
func name(of dependency: Target.Dependency) -> String? {
    if case .byNameItem(let name, _) = dependency { name } else { nil }
}
let direct = Dictionary(
    uniqueKeysWithValues: package.targets.map { ($0.name, $0.dependencies.compactMap(name)) })
for target in package.targets {
    var names = direct[target.name]!
    var next = 0
    while next < names.count {
        names += direct[names[next]]!.filter { !names.contains($0) }
        next += 1
    }
    let named = direct[target.name]!.count
    target.dependencies += names[named...].map { .byName(name: $0) }
}
