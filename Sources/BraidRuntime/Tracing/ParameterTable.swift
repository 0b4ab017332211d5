/// Something for each of some parameters, in the order of first assignment.
struct ParameterTable<Element: Sendable>: Sendable {
    private(set) var entries: [(parameter: Parameter, element: Element)] = []
    // The entries keep the parameters, so that no name comes twice.
    private var positions: [ObjectIdentifier: Int] = [:]

    subscript(parameter: Parameter) -> Element? {
        get { positions[ObjectIdentifier(parameter)].map { entries[$0].element } }
        set {
            guard let newValue else { return }
            let name = ObjectIdentifier(parameter)
            if let known = positions[name] {
                entries[known].element = newValue
            } else {
                positions[name] = entries.count
                entries.append((parameter, newValue))
            }
        }
    }
}
