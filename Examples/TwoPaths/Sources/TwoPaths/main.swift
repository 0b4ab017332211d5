import Braid

// A dataflow graph of two paths, made of symbols by hand. Nothing is computed yet.
let data = Symbol.variable("data", .f32, [2, 3])

// The first path: a constant plus 1, times the data, and the mean of that.
let mean = ((Symbol.full([2, 3], 4) + 1) * data).mean()

// The second path: a constant times 2, plus the data. Every run assigns it to a variable.
let shifted = Symbol.full([2, 3], 3) * 2 + data
let variable = Parameter(.zeros([2, 3]))

// Both paths meet in their sum.
let run = try SymbolicFunction(
    ["sum": mean + shifted], parameters: ["variable": variable], updates: ["variable": shifted])

print("before: \(variable.wrappedValue)")
for factor in 1...3 {
    let elements = (0..<6).map { Float(factor * $0) }
    let results = try run(["data": NDArray(elements, shape: [2, 3])])
    print("data times \(factor): sum \(results["sum"]!)")
    print("               variable \(variable.wrappedValue)")
}

// What goes wrong has a name.
do {
    _ = try run(["date": NDArray.zeros([2, 3])])
} catch {
    print(error)
}
do {
    try validating { _ = mean + shifted.matmul(data) }
} catch {
    print(error)
}
