# The two commands of the README, and what they need. Everything else is CMake (see CONTRIBUTING.md).
BUILD ?= build/release

.PHONY: all setup build demo test clean

all: build

setup:
	@tools/setup

build: setup
	@tools/build $(BUILD)

demo: setup
	@tools/build $(BUILD) pawl bill_beside_ledger
	@tools/demo $(BUILD)/cli/pawl

test: build
	@cd $(BUILD) && ctest -j2 --output-on-failure --no-tests=error

clean:
	rm -rf build
