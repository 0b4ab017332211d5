// BraidCore
