import BraidTrain
import OwnNetworks

TrainCommand<Networks, Datasets>.main()
