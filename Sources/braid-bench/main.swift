import BraidBench

BenchCommand.main()
