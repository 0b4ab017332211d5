import Braid
import BraidTrain

TrainCommand<BuiltInNetworks, BuiltInData>.main()
