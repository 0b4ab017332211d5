// BraidRuntime
