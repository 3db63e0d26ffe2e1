# The front door: each target installs what it needs first. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help compare test bench peers certify docs lecture format lint clean

build := build/release
configure = cmake --preset release $(1) >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
peer = $(or $(RECTIFY_PYTHON),build/peers/venv/bin/python) bench/peers/
sources = git ls-files --cached --others --exclude-standard '*.h' '*.cc'

# clang-tidy reads what g++ is called with: it does not know all its warnings, and needs its omp.h, one attribute of which it does not know.
tidy = clang-tidy --quiet -p $(build) --extra-arg=-Wno-unknown-warning-option '--extra-arg=-D__malloc__(x)=__malloc__' \
  --extra-arg=-idirafter"$$(dirname "$$(g++ -print-file-name=include/omp.h)")"

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

compare: ## the main job: trains the lecture's activations on Fashion-MNIST (ARGS="--epochs 2" ...)
	@cmake/dependencies.sh build
	@mkdir -p build
	@test -f $(build)/build.ninja || { $(call configure,-DRECTIFY_BUILD_TESTS=OFF -DRECTIFY_BUILD_BENCHMARKS=OFF -DRECTIFY_BUILD_EXAMPLES=OFF); }
	@cmake --build $(build) --target rectify -- --quiet
	@$(build)/rectify compare $(ARGS)

test: ## builds everything and runs all tests through CTest (ARGS="-LE slow" ...)
	@cmake/dependencies.sh build test
	@mkdir -p build
	@$(call configure,-DRECTIFY_BUILD_TESTS=ON -DRECTIFY_BUILD_BENCHMARKS=OFF -DRECTIFY_BUILD_EXAMPLES=ON)
	@cmake --build $(build) -- --quiet
	@ctest --preset release --parallel 2 $(ARGS)

bench: ## the figures: ours and the floor side by side
	@cmake/dependencies.sh build
	@mkdir -p build
	@$(call configure,-DRECTIFY_BUILD_BENCHMARKS=ON $(if $(wildcard $(build)/build.ninja),,-DRECTIFY_BUILD_TESTS=OFF))
	@cmake --build $(build) --target rectify bench/all -- --quiet
	@find $(build)/bench -maxdepth 1 -type f -executable | sort | while read -r program; do echo "== $$program"; $$program || exit 1; done

certify: ## measures every kernel over every float, the rest over a sample, writes docs/accuracy.md; resumable (SAMPLE=1024: a sample, minutes)
	@cmake/dependencies.sh build test
	@mkdir -p build
	@$(call configure,-DRECTIFY_BUILD_TESTS=ON $(if $(wildcard $(build)/build.ninja),,-DRECTIFY_BUILD_BENCHMARKS=OFF -DRECTIFY_BUILD_EXAMPLES=OFF))
	@cmake --build $(build) --target rectify_certify -- --quiet
	@$(build)/tests/certify/rectify_certify $(if $(SAMPLE),--sample $(SAMPLE)) $(ARGS)

peers: ## activations and training steps beside the newest PyTorch and JAX, put under build/peers (RECTIFY_PYTHON=FILE: a Python with them)
	@cmake/dependencies.sh build
	@mkdir -p build/peers
	@$(if $(RECTIFY_PYTHON),,bench/peers/install.sh build/peers/venv)
	@$(call configure,-DRECTIFY_BUILD_BENCHMARKS=ON $(if $(wildcard $(build)/build.ninja),,-DRECTIFY_BUILD_TESTS=OFF))
	@cmake --build $(build) --target bench/activations bench/training -- --quiet
	@$(build)/bench/activations --part table --json build/peers/ours.json
	@$(peer)torch_activations.py --ours build/peers/ours.json --json build/peers/torch.json
	@$(peer)jax_activations.py --ours build/peers/ours.json --json build/peers/jax.json
	@TORCHINDUCTOR_CACHE_DIR=$(CURDIR)/build/peers/inductor $(peer)torch_training.py --json build/peers/torch_training.json
	@$(peer)jax_training.py --json build/peers/jax_training.json

docs: ## writes docs/activations.md from the catalogue
	@cmake/dependencies.sh build
	@mkdir -p build docs
	@test -f $(build)/build.ninja || { $(call configure,-DRECTIFY_BUILD_TESTS=OFF -DRECTIFY_BUILD_BENCHMARKS=OFF -DRECTIFY_BUILD_EXAMPLES=OFF); }
	@cmake --build $(build) --target rectify -- --quiet
	@$(build)/rectify list --markdown $(if $(wildcard docs/accuracy.md),--accuracy docs/accuracy.md) >build/activations.md
	@mv build/activations.md docs/activations.md

# Only a whole run writes the page that is kept.
page = $(or $(PAGE),$(if $(strip $(ARGS)),build/lecture.md,docs/lecture.md))
lecture: ## tests every claim of the lecture, writes docs/lecture.md; resumable (ARGS="--budget short": build/lecture.md)
	@cmake/dependencies.sh build
	@mkdir -p build docs
	@test -f $(build)/build.ninja || { $(call configure,-DRECTIFY_BUILD_TESTS=OFF -DRECTIFY_BUILD_BENCHMARKS=OFF -DRECTIFY_BUILD_EXAMPLES=OFF); }
	@cmake --build $(build) --target rectify -- --quiet
	@$(build)/rectify study all --store build/lecture --page $(page) $(ARGS)

format: ## formats the sources
	@cmake/dependencies.sh lint
	@$(sources) | xargs clang-format -i

lint: ## checks the format of all sources and, with clang-tidy, the code of all but tests
	@cmake/dependencies.sh build test lint
	@mkdir -p build
	@$(sources) | xargs clang-format --dry-run -Werror
	@$(call configure,-DRECTIFY_BUILD_TESTS=ON -DRECTIFY_BUILD_BENCHMARKS=OFF -DRECTIFY_BUILD_EXAMPLES=ON)
	@sed -n 's/^ *"file": "\(.*\)",*$$/\1/p' $(build)/compile_commands.json | grep -v _test.cc | xargs -P "$$(nproc)" -n 4 $(tidy)

clean: ## removes what was built
	@rm -rf build
