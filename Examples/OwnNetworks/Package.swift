// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "OwnNetworks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Braid", path: "../..")],
    targets: [
        .target(
            name: "OwnNetworks",
            dependencies: [
                .product(name: "Braid", package: "Braid"),
                .product(name: "BraidTrain", package: "Braid"),
            ]),
        .executableTarget(
            name: "rings-train",
            dependencies: ["OwnNetworks", .product(name: "BraidTrain", package: "Braid")]),
        .executableTarget(
            name: "rings-hybridize",
            dependencies: ["OwnNetworks", .product(name: "BraidHybridize", package: "Braid")]),
    ],
    swiftLanguageModes: [.v6]
)
