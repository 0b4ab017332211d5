# Needs the Swift toolchain (6.2 or newer), make, a shell and git; nothing else.
SWIFT = swift
FORMATTED = Sources Tests Package.swift $(wildcard Examples)
# What the sanitizers look at: optimised code, as users run it.
CONFIGURATION = release
# Options of `make run` and `make bench`, as in: make run ARGS="--model mlp --epochs 5"
ARGS =

.PHONY: help run bench test test-full test-tsan test-asan lint format docs clean

help: ## Show this list (the default)
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

run: ARGS = --workers 2 --output lenet.braid
run: ## Train LeNet on the bundled digits, write lenet.braid (ARGS="--help" shows the options)
	$(SWIFT) run -c release train $(ARGS)

bench: ## Measure Braid (ARGS="--help" shows the options); Scripts/bench-peers puts other engines beside it
	$(SWIFT) run -c release braid-bench $(ARGS)

test: ## Build for release and run every test, with reduced random counts
	Scripts/run-tests

test-full: ## The same with every random count in full, and checks that need python3; takes long
	BRAID_TEST_FULL=1 Scripts/run-tests

# Only tests whose names fit, as in: make test-tsan FILTER='SharedNetwork'
test-tsan: FILTER = ^Braid(Engine|Runtime|Data|Parallel|NN)Tests\.
test-tsan: ## Run the tests of engine, runtime, data, parallel and NN under the thread sanitizer
	BRAID_TEST_LIGHT=1 TSAN_OPTIONS="halt_on_error=0 $$TSAN_OPTIONS" \
		$(SWIFT) test -c $(CONFIGURATION) --sanitize=thread --scratch-path .build-tsan \
		--disable-xctest --no-parallel --filter '$(FILTER)'

# The C code is looked at for undefined behaviour, too: the address sanitizer's library knows what is needed.
# Swift's compiler has no such option on Linux; its own checks stay on in release. Leaks are for other tests:
# the runtime keeps what it makes once. Exit tests see the stack as it is.
test-asan: FILTER = .
test-asan: ## Run all tests under the address sanitizer, C code also under that of undefined behaviour
	BRAID_TEST_LIGHT=1 UBSAN_OPTIONS="print_stacktrace=1 $$UBSAN_OPTIONS" \
		ASAN_OPTIONS="detect_leaks=0 detect_stack_use_after_return=0 $$ASAN_OPTIONS" \
		$(SWIFT) test -c $(CONFIGURATION) --sanitize=address \
		-Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined --scratch-path .build-asan \
		--disable-xctest --no-parallel --filter '$(FILTER)'

lint: ## Check format, documentation comments and structure
	$(SWIFT) format lint --strict -r $(FORMATTED)
	Scripts/check-structure
	Scripts/check-traps

format: ## Format all Swift files
	$(SWIFT) format -i -r $(FORMATTED)

docs: ## Build the documentation of the public API; fails on missing comments and broken links
	Scripts/make-docs

clean: ## Remove everything that was built
	rm -rf .build .build-tsan .build-asan
