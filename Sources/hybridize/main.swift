import BraidHybridize

HybridizeCommand<BuiltInNetworks>.main()
