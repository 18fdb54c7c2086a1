# Thin front of meson for the daily habits. `make help` lists them.

BUILD ?= build
# Debian packages: what building needs, and what tests and habits need beside it.
PACKAGES = gcc meson ninja-build pkg-config libjansson-dev libpcre2-dev liblmdb-dev libev-dev \
	libmicrohttpd-dev libcurl4-openssl-dev libssl-dev zlib1g-dev libcmocka-dev libunistring-dev \
	python3
# The clients that tests/sdk drives, and what tests/embed looks for leaks and bench/ counts instructions with; they skip what
# is not there.
TEST_PACKAGES = awscli python3-boto3 python3-prometheus-client valgrind
LINT_PACKAGES = clang-format clang-tidy cppcheck
FUZZ_PACKAGES = clang libclang-rt-14-dev
MESON_FLAGS ?=
ROUNDS ?= 200
SECONDS_EACH ?= 30
MINUTES ?= 10
SANITIZERS = -Db_sanitize=address,undefined -Db_lundef=false -Dslow_assertions=true

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

help:
	@echo "make            install missing Debian packages (as root or by sudo), configure, build into $(BUILD)/"
	@echo "make run        run the order example from end to end and print what happened"
	@echo "make test       every test; ends with 'N passed, N failed'"
	@echo "make test-packages  install the AWS CLI, boto3 and valgrind, which some tests use and skip otherwise"
	@echo "make asan       every test under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make tsan       the tests of engine, store, tasks and server, and HTTP under load, under ThreadSanitizer"
	@echo "make bench      measure, beside raw LMDB commits: which bars are held? (5 minutes)"
	@echo "make crash      kill -9 at random moments, ROUNDS=$(ROUNDS) times"
	@echo "make power      ROUNDS workloads cut short by a power loss at every point between two syncs"
	@echo "make soak       MINUTES=$(MINUTES) of full load over HTTP with restarts: memory, descriptors, nothing lost"
	@echo "make mutants    break the engine on purpose, ten times: the simulation must find each (5 minutes)"
	@echo "make fuzz       every fuzz target for SECONDS_EACH=$(SECONDS_EACH) seconds"
	@echo "make format     clang-format over all sources"
	@echo "make lint       clang-format, clang-tidy, cppcheck and gcc -fanalyzer, without changing anything"
	@echo "make install    into the prefix given at configuration (DESTDIR is honoured)"

packages:
	@sh tests/lib/packages.sh $(PACKAGES)

test-packages:
	@sh tests/lib/packages.sh $(TEST_PACKAGES)

$(BUILD)/build.ninja: | packages
	meson setup $(BUILD) $(MESON_FLAGS)

run: all
	@sh examples/run.sh $(BUILD) order-processing

test: all
	@sh tests/run.sh $(BUILD)

asan: | packages
	@test -f $(BUILD)-asan/build.ninja || meson setup $(BUILD)-asan $(SANITIZERS) $(MESON_FLAGS)
	ninja -C $(BUILD)-asan
	@ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
		sh tests/run.sh $(BUILD)-asan

tsan: | packages
	@test -f $(BUILD)-tsan/build.ninja || meson setup $(BUILD)-tsan -Db_sanitize=thread -Db_lundef=false $(MESON_FLAGS)
	ninja -C $(BUILD)-tsan
	@TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 SW_PATIENCE=5 SW_TESTS='^(engine|store|tasks|server)/|^http/ledger$$' \
		sh tests/run.sh $(BUILD)-tsan

bench: all
	@sh bench/run.sh $(BUILD)

crash: all
	python3 tests/crash/crash.py --build $(BUILD) --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

power: all
	$(BUILD)/tests/power/power --rounds $(if $(filter file,$(origin ROUNDS)),10,$(ROUNDS)) $(if $(SEED),--seed $(SEED))

soak: all
	python3 tests/soak/soak.py --stepwell $(BUILD)/cli/stepwell --minutes $(MINUTES)

simulate: all
	python3 tests/simulation/run.py $(BUILD)/tests/simulation/simulate $(or $(SEEDS),1000)

mutants: | packages
	python3 tests/mutants/run.py --seeds $(or $(SEEDS),2000) $(MUTANTS)

fuzz:
	@sh tests/lib/packages.sh $(PACKAGES) $(FUZZ_PACKAGES)
	@test -f $(BUILD)-fuzz/build.ninja || CC=clang meson setup $(BUILD)-fuzz -Dfuzzers=true \
		-Db_sanitize=address,undefined -Db_lundef=false
	ninja -C $(BUILD)-fuzz
	@sh tests/fuzz/run.sh $(BUILD)-fuzz $(SECONDS_EACH)

SOURCES = $$(git ls-files '*.c' '*.h'; git ls-files --others --exclude-standard '*.c' '*.h')

format:
	@sh tests/lib/packages.sh clang-format
	clang-format -i $(SOURCES)

lint: all
	@sh tests/lib/packages.sh $(LINT_PACKAGES)
	clang-format --dry-run --Werror $(SOURCES)
	@sh tests/lib/lint.sh $(BUILD)

install: all
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz

.PHONY: all help packages test-packages run test asan tsan bench crash power soak simulate mutants fuzz format lint install clean
