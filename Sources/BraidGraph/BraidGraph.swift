// BraidGraph
