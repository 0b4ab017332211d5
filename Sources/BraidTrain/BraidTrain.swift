// BraidTrain
