// BraidData
