@_exported public import BraidCore
@_exported public import BraidData
@_exported public import BraidEngine
@_exported public import BraidGraph
@_exported public import BraidNN
@_exported public import BraidOperators
@_exported public import BraidParallel
@_exported public import BraidRuntime
