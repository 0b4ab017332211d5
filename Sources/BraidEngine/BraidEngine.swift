// BraidEngine
