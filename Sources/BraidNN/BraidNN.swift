// BraidNN
