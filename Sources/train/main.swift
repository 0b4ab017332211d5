import BraidTrain

TrainCommand.main()
