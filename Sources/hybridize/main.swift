import Braid
import BraidHybridize

HybridizeCommand<BuiltInNetworks>.main()
