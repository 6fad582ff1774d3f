# reeve. `make demo` and `make test` need nothing installed beforehand;
# `make help` lists every target.
#
# Each flavour has a tree of its own, build/FLAVOUR/: one object for each C
# source, libreeve.a of all but main, the program, and a program for each unit
# test. Sources are found by wildcard; nothing is listed here.

FLAVOUR ?= release
BUILD ?= build
B := $(BUILD)/$(FLAVOUR)

PREFIX ?= /usr/local

SOURCES := $(sort $(wildcard store/*.c store/base/*.c engine/*/*.c))
OBJECTS := $(SOURCES:%.c=$B/%.o)
PROGRAM := $(if $(wildcard engine/main.c),$B/reeve)
ARCHIVE := $B/libreeve.a
UNIT := $(patsubst %.c,$B/%,$(wildcard tests/unit/test_*.c))
ifneq ($(T),)
UNIT := $(foreach test,$(UNIT),$(if $(findstring $(T),$(test)),$(test)))
endif
LIBRARY := $(sort $(shell find jobs templates -type f \
	! -name '*~' ! -name '*.swp'))

# ---- compilers and flags

ifneq ($(filter clang fuzz,$(FLAVOUR)),)
CC := clang
else ifeq ($(origin CC),default)
CC := gcc
endif
KIND := $(if $(findstring clang,$(CC)),clang,gcc)

PACKAGES := libgit2 yaml-0.1 sqlite3 libcurl libxxhash zlib
PKG_CONFIG ?= pkg-config
# The headers of others are system headers: their warnings are theirs.
LIB_CFLAGS := $(patsubst -I%,-isystem %,$(shell \
	$(PKG_CONFIG) --cflags $(PACKAGES) cmocka 2>/dev/null))
LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)

STANDARD := -std=c17 -D_GNU_SOURCE -I. $(LIB_CFLAGS)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wwrite-strings -Wcast-qual -Wformat=2 -Wundef -Wvla -Wpointer-arith \
	-Wimplicit-fallthrough -Wnull-dereference -Wredundant-decls \
	-Wdate-time -fno-common $(if $(WERROR),-Werror)
WARN_gcc := -Wduplicated-cond -Wduplicated-branches -Wlogical-op \
	-Wjump-misses-init
WARN_clang := -Wmissing-variable-declarations -Wcomma -Wunreachable-code

HARDEN := -O2 -g -fstack-protector-strong -fstack-clash-protection \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
ifeq ($(shell uname -m),x86_64)
HARDEN += -fcf-protection
endif

# gcc and clang are there for `make lint`; analyzer too, objects only.
FLAGS_release := $(HARDEN) $(if $(filter gcc,$(KIND)), \
	-Wstack-usage=16384 -ftrivial-auto-var-init=zero)
FLAGS_gcc := $(FLAGS_release)
FLAGS_clang := $(HARDEN)
FLAGS_analyzer := $(FLAGS_release) -fanalyzer -DANALYZED
FLAGS_debug := -Og -g3
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
FLAGS_fuzz := $(FLAGS_asan) -fsanitize=fuzzer-no-link
ifeq ($(FLAGS_$(FLAVOUR)),)
$(error there is no flavour "$(FLAVOUR)")
endif

COMPILE = $(CC) $(STANDARD) -fPIE $(WARN) $(WARN_$(KIND)) \
	$(FLAGS_$(FLAVOUR)) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) -pie $(FLAGS_$(FLAVOUR)) $(CFLAGS) \
	-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS)

# `make V=1` shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# ---- building

.PHONY: all objects units FORCE
all: $(PROGRAM) $(ARCHIVE) ## the program, build/release/reeve (the default)
objects: $(OBJECTS) $(if $(PROGRAM),$B/engine/main.o)
units: $(UNIT)

# What time stamps cannot show (flags, and which files there are) is kept in
# files that are rewritten only when it changed.
$B/flags: TEXT = $(COMPILE) $(LINK) $(LIBS)
$B/objects: TEXT = $(OBJECTS)
$B/library: TEXT = $(LIBRARY)
$B/flags $B/objects $B/library: FORCE
	@mkdir -p $(@D)
	@$(PKG_CONFIG) --exists $(PACKAGES) || \
		{ echo "libraries are missing: run \"make deps\"" >&2; exit 1; }
	@echo '$(TEXT)' | cmp -s - $@ || echo '$(TEXT)' >$@

$(OBJECTS) $B/engine/main.o: $B/%.o: %.c $B/flags
	$(call say,$(KIND),$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$B/library.c: engine/job/library.sh $(LIBRARY) $B/library
	$(call say,library,"$(words $(LIBRARY)) files")
	$(Q)engine/job/library.sh $(LIBRARY) >$@

$B/library.o: $B/library.c $B/flags
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(ARCHIVE): $(OBJECTS) $B/library.o $B/objects
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)

$B/reeve: $B/engine/main.o $(ARCHIVE)
	$(call say,link,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$B/tests/unit/%.main.c: tests/unit/%.c tests/unit/runner.awk
	@mkdir -p $(@D)
	$(Q)awk -f tests/unit/runner.awk $< >$@

$(UNIT:=.o): %.o: %.main.c $B/flags
	$(call say,$(KIND),$(<:$B/%.main.c=%.c))
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(UNIT): %: %.o $(ARCHIVE)
	$(Q)$(LINK) -o $@ $^ $(LIBS) -lcmocka

$B/tests/bench/%: tests/bench/%.c $(ARCHIVE) $B/flags
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@.o $<
	$(Q)$(LINK) -o $@ $@.o $(ARCHIVE) $(LIBS)

# The program with its fault points: the files that have some are compiled once
# more, and found before the archive's.
FAULTY := $(shell grep -l 'store/base/fault.h' $(SOURCES))
FAULTY_OBJECTS := $(FAULTY:%.c=$B/fault/%.o) $B/fault/tests/fault/point.o
FAULTY_PROGRAM := $B/fault/reeve
$(FAULTY_OBJECTS): $B/fault/%.o: %.c $B/flags
	$(call say,$(KIND),$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -DFAULT_POINTS -MMD -MP -c -o $@ $<
$(FAULTY_PROGRAM): $B/engine/main.o $(FAULTY_OBJECTS) $(ARCHIVE)
	$(call say,link,$@)
	$(Q)$(LINK) -o $@ $^ $(LIBS)

# What faults are put in with. It is not built of reeve's objects.
TRACER := $B/tests/fault/tracer
$(TRACER): $(addprefix tests/fault/,tracer.c calls.c calls.h \
	durable.c durable.h) $B/flags
	$(call say,$(KIND),$@)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -o $@ $(filter %.c,$^)

# A fuzzer is driven by libFuzzer in its own flavour, in others by replay.c.
FUZZERS := $(patsubst %.c,$B/%,$(wildcard tests/fuzz/fuzz_*.c))
DRIVER := $(if $(filter fuzz,$(FLAVOUR)),,$B/tests/fuzz/replay.o)
$(FUZZERS:=.o) $B/tests/fuzz/replay.o: $B/%.o: %.c tests/fuzz/fuzz.h $B/flags
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -Wno-missing-prototypes -c -o $@ $<
$(FUZZERS): %: %.o $(DRIVER) $(ARCHIVE)
	$(call say,link,$@)
	$(Q)$(LINK) $(if $(DRIVER),,-fsanitize=fuzzer) -o $@ $^ $(LIBS)

-include $(OBJECTS:.o=.d) $(FAULTY_OBJECTS:.o=.d) $B/engine/main.d $B/library.d $(UNIT:=.d)

# ---- using

.PHONY: deps demo test docs run-tests check-asan check-valgrind check-crash \
	check-sim check-view fuzz fuzzers bench run-bench bench-base install clean help
deps: ## install what building and testing need
	@.ci/deps build test

# Packages come first, and only the make below them looks for libraries.
demo: ## run a small company, from its first brief to its books
	@.ci/deps build demo
	@$(MAKE) all
	@examples/demo.sh $B/reeve

test: ## build and run every test; [T=part of a file's path] [UPDATE=1]
	@.ci/deps build test
	@$(MAKE) run-tests

run-tests: all units $(TRACER) $(FAULTY_PROGRAM) $(FUZZERS)
	@T='$(T)' UPDATE='$(UPDATE)' tests/run.sh $B

docs: ## the tables of docs/jobs.md, as the program has them
	@$(MAKE) run-tests T=tests/unit/test_docs UPDATE=1

check-asan: ## the tests under address, leak and undefined-behaviour checks
	@.ci/deps build test
	@$(MAKE) FLAVOUR=asan run-tests

check-valgrind: ## the unit tests under valgrind, descriptors included
	@.ci/deps build test valgrind
	@$(MAKE) FLAVOUR=debug T='$(or $(T),tests/unit/)' \
		UNDER=$(CURDIR)/tests/valgrind.sh run-tests

check-crash: ## faults at every system call of every scenario; [ONLY=mail,emit]
	@.ci/deps build test
	@$(MAKE) all $(TRACER) $(FAULTY_PROGRAM)
	@tests/fault/check.sh $B '$(ONLY)'

check-view: all ## a byte of the view is another: [FLIPS=4096] places
	@REEVE_FLIPS=$(or $(FLIPS),4096) LIMIT=3600 T=tests/e2e/view \
		tests/run.sh $B

check-sim: ## histories of several engines; [HISTORIES=1000] [SEED=1]
	@.ci/deps build test
	@$(MAKE) all $(TRACER)
	@PATH="$(CURDIR)/$B:$$PATH" \
		python3 tests/sim/sim.py --histories $(or $(HISTORIES),1000) \
		--seed $(or $(SEED),1) | grep -v '^ok'

fuzz: ## feed parsers with anything; [FUZZ=yaml] [SECONDS=60]
	@.ci/deps build fuzz
	@$(MAKE) FLAVOUR=fuzz fuzzers
	@tests/fuzz/run.sh $(BUILD)/fuzz '$(FUZZ)' '$(SECONDS)'

fuzzers: $(FUZZERS)

# What the benches are measured with; the one that does nothing needs what
# reeve needs, and is told so, since it uses none of it.
MEASURES := $(patsubst %.c,$B/%,$(wildcard tests/bench/*.c)) \
	$B/tests/bench/nothing
$B/tests/bench/nothing: $(PROGRAM)
	@mkdir -p $(@D)
	@echo 'int main(void) { return 0; }' >$@.c
	$(Q)$(LINK) -Wl,--no-as-needed -o $@ $@.c \
		$$(objdump -p $< | awk '/NEEDED/ { print "-l:" $$2 }')

bench: ## beside ninja, make and git; [BENCH=long] [ONLY="start cold ..."]
	@.ci/deps build bench
	@$(MAKE) run-bench

run-bench: all $(MEASURES)
	@tests/bench/run.sh $B $(ONLY)

bench-base: $B/tests/bench/base ## the ground floor alone; [ONLY=json]
	@$< $(ONLY)

# put FILE,PLACE: install a file if the source tree has it.
put = $(if $(wildcard $(1)),install -D -m 644 $(1) \
	$(DESTDIR)$(PREFIX)/share/$(2))
install: all ## copy it to $(DESTDIR)$(PREFIX); PREFIX is /usr/local
	install -D -m 755 $B/reeve $(DESTDIR)$(PREFIX)/bin/reeve
	$(call put,docs/reeve.1,man/man1/reeve.1)
	$(call put,docs/completions/reeve.bash,bash-completion/completions/reeve)
	$(call put,docs/completions/_reeve,zsh/site-functions/_reeve)
	$(call put,docs/completions/reeve.fish,fish/vendor_completions.d/reeve.fish)

clean: ## remove build/
	rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))

# ---- lint: one gate a line, each silent or a finding

SCRIPTED := $(patsubst tests/lint/%.sh,lint-%,$(wildcard tests/lint/*.sh))
.PHONY: lint lint-fast lint-gates lint-gcc lint-clang lint-tidy lint-analyzer \
	$(SCRIPTED) tidy format

lint: ## every gate; zero findings
	@.ci/deps build test lint
	@$(MAKE) -k lint-gates lint-tidy lint-analyzer

lint-fast: ## the gates that take seconds: no clang-tidy, no analyzer
	@.ci/deps build test lint
	@$(MAKE) -k lint-gates

lint-gates: lint-gcc lint-clang $(SCRIPTED)

lint-gcc lint-clang: lint-%:
	@$(MAKE) FLAVOUR=$* WERROR=1 objects units $(BUILD)/$*/library.o

lint-analyzer:
	@$(MAKE) FLAVOUR=analyzer WERROR=1 objects

lint-tidy:
	@$(MAKE) FLAVOUR=clang WERROR=1 tidy

lint-globals: lint-gcc # in whose objects they are looked for
$(SCRIPTED): lint-%:
	@STANDARD='$(STANDARD)' WARN='$(WARN)' BUILD=$(BUILD) tests/lint/$*.sh

# The stamp hangs on clang's object, which is new when a header is.
tidy: $(OBJECTS:.o=.tidy) $(if $(PROGRAM),$B/engine/main.tidy)
$B/%.tidy: %.c $B/%.o .clang-tidy
	$(call say,tidy,$<)
	$(Q)clang-tidy --quiet $< -- $(STANDARD) 2>$@

format: ## clang-format every C file
	@.ci/deps lint
	clang-format -i $(wildcard store/*.[ch] store/base/*.[ch] engine/*.[ch] \
		engine/*/*.[ch] tests/unit/*.[ch] tests/fault/*.[ch] \
		tests/fuzz/*.[ch])
