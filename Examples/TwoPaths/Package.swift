// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "TwoPaths",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Braid", path: "../..")],
    targets: [
        .executableTarget(
            name: "TwoPaths", dependencies: [.product(name: "Braid", package: "Braid")])
    ],
    swiftLanguageModes: [.v6]
)
