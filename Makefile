# doorphone: everything that a developer or CI runs. Only `interop`, `test-board` and `bench` need root and Debian's packages.

SHELL := /bin/sh
JOBS := $(shell nproc 2>/dev/null || echo 1)
SOURCES := $(shell find src -name '*.ts')

.DEFAULT_GOAL := build
.PHONY: run build native test lint interop test-board soak soak-board test-arm64 test-armhf bench fuzz deb test-package image demo-provision clean

run: build
	@bin/doorphone demo

build: native dist/doorphone.cjs.cache

node_modules/.installed: package.json package-lock.json
	@echo '  npm   ci'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

dist/doorphone.cjs: node_modules/.installed tools/build.mjs package.json $(SOURCES)
	@echo '  build dist/doorphone.cjs'
	@node tools/build.mjs

dist/doorphone.cjs.cache: dist/doorphone.cjs tools/code-cache.mjs | native
	@echo '  cache dist/doorphone.cjs'
	@node tools/code-cache.mjs

native:
	@$(MAKE) --no-print-directory -C native -j$(JOBS)

test: build
	@$(MAKE) --no-print-directory -C native -j$(JOBS) test
	node_modules/.bin/vitest run

lint: node_modules/.installed
	node_modules/.bin/tsc -p .
	node_modules/.bin/biome check --error-on-warnings .
	node_modules/.bin/vitest run --config test/bars/vitest.config.ts

interop: build
	test/interop/install
	node_modules/.bin/vitest run --config test/interop/vitest.config.ts

test-board: build
	test/board/install
	node_modules/.bin/vitest run --config test/board/vitest.config.ts

# Half an hour of calls, or DOORPHONE_SOAK_MINUTES, in which nothing may grow.
soak: build
	node --expose-gc test/soak/soak.mjs

# A month on the wall, by a clock that skips what nothing happens in: an hour or more of one processor.
soak-board: build
	test/board/install
	DOORPHONE_BOARD_HOURS=744 node_modules/.bin/vitest run --config test/board/vitest.config.ts day.test.ts

# The packages for Debian 12 and 13, Raspberry Pi OS: `make deb ARCHITECTURES=arm64` builds one.
ARCHITECTURES := amd64 arm64 armhf
deb: build
	board/package/install
	@for architecture in $(ARCHITECTURES); do board/package/build $$architecture || exit 1; done

# A card's image: `make image BOARD=raspberry-pi-4` (docs/image.md).
image:
	board/image/install
	$(MAKE) deb ARCHITECTURES=arm64
	board/image/build $(BOARD)

# On an emulated processor: a quarter of an hour and more, so no part of what CI runs.
test-arm64: node_modules/.installed
	test/arm64/install
	$(MAKE) image BOARD=raspberry-pi-4
	node_modules/.bin/vitest run --config test/arm64/vitest.config.ts

# The package for 32-bit ARM in a root of Debian 13, every program run by qemu-user; some minutes, the first time more.
test-armhf: node_modules/.installed
	test/armhf/install
	$(MAKE) deb ARCHITECTURES=armhf
	node_modules/.bin/vitest run --config test/armhf/vitest.config.ts

# The package for PCs, under apt and systemd of Debian 12 and 13.
test-package:
	$(MAKE) deb ARCHITECTURES=amd64
	test/package/install
	node_modules/.bin/vitest run --config test/package/vitest.config.ts

bench: build
	test/bench/install
	node test/bench/run.mjs

fuzz: build
	@$(MAKE) --no-print-directory -C native fuzz
	DOORPHONE_FUZZ_SECONDS=30 node_modules/.bin/vitest run test/fuzz

demo-provision: build
	@node tools/demo-provision.mjs

clean:
	rm -rf dist build
	@$(MAKE) --no-print-directory -C native clean
