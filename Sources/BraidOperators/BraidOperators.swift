// BraidOperators
