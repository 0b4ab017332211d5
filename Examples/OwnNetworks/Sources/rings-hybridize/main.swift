import BraidHybridize
import OwnNetworks

HybridizeCommand<Networks>.main()
