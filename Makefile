# travelcard: see README.md.  GNU make; `make` alone builds the programs.
#
#   make            the programs (installs the Debian packages it needs)
#   make demo       sample data, an SMSC, an HLR, a conversation
#   make check      every test; SAN=1 builds with ASan and UBSan
#   make check-long the tests at their full stated sizes
#   make bench      how fast, beside others; LONG=1 at the full stated sizes
#                   bench-sms, -surge, -bulkhead, -one, -kill, -ussd: one part
#   make check-bare demo and check from a fresh clone on a bare Debian 12
#   make install    PREFIX=/usr/local DESTDIR=; make uninstall undoes it

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DATA = $(PREFIX)/share/travelcard
V ?= 0
Q_0 = @
Q = $(Q_$(V))

DEPS_BUILD = gcc libc6-dev pkg-config libevent-dev libsmpp34-dev \
	libosmocore-dev libsqlite3-dev libsodium-dev libssl-dev \
	libconfuse-dev zlib1g-dev tzdata
DEPS_DEMO = python3 osmo-hlr
DEPS_CHECK = python3 clang libclang-rt-14-dev clang-format mandoc gzip sqlite3 tshark \
	openssl osmo-msc osmo-hlr libnet-smpp-perl
DEPS_BENCH = kannel gnuplot-nox

ifdef SAN
O = build-san
BIN = build-san
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined
else
O = build
BIN = .
endif

PKGS = libevent libevent_openssl libsmpp34 libosmocore libosmogsm sqlite3 \
	libsodium libcrypto libssl libconfuse zlib
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings
ALL_CFLAGS = -std=gnu11 $(WARN) -D_GNU_SOURCE -I$(O)/core -Icore -Ismsc-gw -Iussd \
	-fstack-protector-strong $(PKG_CFLAGS) $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(SANFLAGS) -Wl,-z,relro,-z,now $(LDFLAGS)

TOOL_SRC = core/travelcard.c $(wildcard core/commands*.c) core/ask.c core/operator.c \
	core/audit_report.c
CORE_SRC = $(filter-out $(TOOL_SRC),$(wildcard core/*.c))
CORE_OBJ = $(CORE_SRC:%.c=$(O)/%.o)
TOOL_OBJ = $(TOOL_SRC:%.c=$(O)/%.o)
SMSC_OBJ = $(patsubst %.c,$(O)/%.o,$(wildcard smsc-gw/*.c))
USSD_OBJ = $(patsubst %.c,$(O)/%.o,$(wildcard ussd/*.c))
UNIT = $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/*.c))
FUZZ = $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))
PROGRAMS = $(BIN)/core/travelcard $(BIN)/smsc-gw/smsc-gw $(BIN)/ussd/ussd-gw

BENCH_PARTS = bench-sms bench-surge bench-bulkhead bench-one bench-kill bench-ussd

.DEFAULT_GOAL = all
.PHONY: all build tests deps deps-demo deps-check deps-bench demo check \
	check-long check-bare bench $(BENCH_PARTS) install uninstall clean

MAKE_J = $(MAKE) --no-print-directory -j$(shell nproc)

all: deps
	$(Q)$(MAKE_J) build

build: $(PROGRAMS)

tests: build $(UNIT) $(FUZZ) $(O)/tests/demo/journeys \
	$(O)/tests/bench/load $(O)/tests/bench/dial $(O)/tests/replay/phone \
	$(O)/tests/peer/sctp_tcp.so $(O)/tests/bench/slow_store.so \
	$(O)/tests/bench/smsc-gw-unadmitted

# Install what is missing, by name; silent when nothing is.
define install_missing
	@missing=; for p in $(1); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
			grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] || { \
		echo "installing:$$missing"; \
		get="env DEBIAN_FRONTEND=noninteractive apt-get -qq"; \
		[ "$$(id -u)" = 0 ] || get="sudo $$get"; \
		$$get update && \
		$$get -y --no-install-recommends install \
			$$missing >/dev/null; }
endef

deps:
	$(call install_missing,$(DEPS_BUILD))

deps-demo:
	$(call install_missing,$(DEPS_BUILD) $(DEPS_DEMO))

deps-bench:
	$(call install_missing,$(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_BENCH))

deps-check:
	$(call install_missing,$(DEPS_BUILD) $(DEPS_CHECK))

demo: deps-demo
	$(Q)$(MAKE_J) build $(O)/tests/demo/journeys
	$(Q)O=$(O) BIN=$(BIN) tests/demo/run

check: deps-check
	$(Q)$(MAKE_J) tests
	$(Q)O=$(O) BIN=$(BIN) SAN=$(SAN) tests/run $(TESTS)

check-long: deps-check
	$(Q)$(MAKE_J) tests
	$(Q)O=$(O) BIN=$(BIN) SAN=$(SAN) LONG=1 tests/run $(TESTS)

BENCH = $(BENCH_PEERS) $(addprefix $(O)/tests/bench/,load dial census \
	smsc-gw-unadmitted nodelay.so slow_store.so failing_reads.so)

# Each part, also after one that misses a target.
bench:
	$(Q)$(MAKE) --no-print-directory -k -j1 $(BENCH_PARTS)

$(BENCH_PARTS): bench-%: deps-bench
	$(Q)$(MAKE_J) -s build $(BENCH)
	$(Q)O=$(O) BIN=$(BIN) tests/bench/$*

check-bare:
	$(call install_missing,git mmdebstrap)
	$(Q)tests/bare/run

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A schema as a C string.
$(O)/core/%.sql.h: core/%.sql
	@mkdir -p $(@D)
	$(Q)sed 's/.*/"&\\n"/' $< >$@

$(O)/core/store_sqlite.o: $(O)/core/schema.sql.h
$(O)/core/state.o: $(O)/core/state.sql.h

$(O)/libcore.a: $(CORE_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BIN)/core/travelcard: $(TOOL_OBJ) $(O)/libcore.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BIN)/smsc-gw/smsc-gw: $(SMSC_OBJ) $(O)/libcore.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BIN)/ussd/ussd-gw: $(USSD_OBJ) $(O)/libcore.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# A unit test includes the .c it tests; the linker takes the rest from the
# library.
$(O)/tests/unit/%: tests/unit/%.c $(O)/libcore.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -Itests/unit -I. -o $@ $< \
		$(ALL_LDFLAGS) $(O)/libcore.a $(PKG_LIBS) -lm

# A fuzz target has a main() that runs its corpus; tests/fuzz/run builds the
# same file with libFuzzer, which has its own.
$(O)/tests/fuzz/%: tests/fuzz/%.c $(O)/libcore.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -Itests/fuzz -I. -o $@ $< \
		$(ALL_LDFLAGS) $(O)/libcore.a $(PKG_LIBS)

JOURNEYS_OBJ = $(addprefix $(O)/tests/demo/,journeys.o records.o lives.o \
	people.o ground.o cells.o table.o)

$(O)/tests/demo/journeys: $(JOURNEYS_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lm -lz

$(O)/tests/bench/load: $(addprefix $(O)/tests/bench/,load.o smsc.o exchange.o \
	texts.o window.o listener.o people.o crowd.o proofs.o series.o hist.o conn.o)
$(O)/tests/bench/dial: $(addprefix $(O)/tests/bench/,dial.o conn.o)
$(O)/tests/bench/census: $(addprefix $(O)/tests/bench/,census.o crowd.o)
$(O)/tests/bench/load $(O)/tests/bench/dial $(O)/tests/bench/census:
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lm

# What `make bench` compares with.
BENCH_PEERS = $(addprefix $(O)/tests/bench/,echo_codec echo_libsmpp34 \
	http_lookup)

$(O)/tests/bench/echo_codec $(O)/tests/bench/echo_libsmpp34: \
	$(O)/tests/bench/%: $(O)/tests/bench/%.o $(O)/tests/bench/echo.o
$(O)/tests/bench/http_lookup: $(O)/tests/bench/http_lookup.o
$(BENCH_PEERS): $(O)/tests/bench/lookup.o $(O)/smsc-gw/pdu.o $(O)/libcore.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# smsc-gw as it would be without admission.
$(O)/tests/bench/smsc-gw-unadmitted: $(O)/tests/bench/no_admission.o \
	$(filter-out %/admission.o,$(SMSC_OBJ)) $(O)/libcore.a
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# It hears of every text that is put into words.
$(O)/tests/replay/phone: $(O)/tests/replay/phone.o $(O)/libcore.a
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=message_put \
		-Wl,--wrap=message_fill -Wl,--wrap=message_put_time -o $@ $^ $(PKG_LIBS)

# Preloaded into a program of others: no sanitizer.
PRELOADED = $(addprefix $(O)/tests/,peer/sctp_tcp.so bench/nodelay.so \
	bench/slow_store.so bench/failing_reads.so)

$(PRELOADED): $(O)/%.so: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE $(CFLAGS) -fPIC -shared \
		-o $@ $<

# Where the files name /usr/local they get PREFIX; the sample as installed
# finds the tables. A configuration in use is left alone.
INSTALLED = bin/travelcard sbin/smsc-gw sbin/ussd-gw \
	share/man/man1/travelcard.1 share/man/man5/travelcard.conf.5 \
	share/man/man5/travelcard-audit.5 \
	share/man/man8/smsc-gw.8 share/man/man8/ussd-gw.8 \
	share/doc/travelcard/travelcard.conf share/doc/travelcard/COPYING \
	share/doc/travelcard/three-carriers.conf \
	share/doc/travelcard/windows.conf \
	lib/systemd/system/smsc-gw.service lib/systemd/system/ussd-gw.service \
	lib/sysusers.d/travelcard.conf
TABLES = $(wildcard conf/*.csv conf/messages.*)
OURS = sed -e 's|/usr/local|$(PREFIX)|g' -e 's|^\#tables|tables|'
CONF = $(DESTDIR)$(SYSCONFDIR)/travelcard

install: build
	$(Q)install -d $(dir $(INSTALLED:%=$(DESTDIR)$(PREFIX)/%)) \
		$(DESTDIR)$(DATA)
	$(Q)install -m 755 $(BIN)/core/travelcard $(DESTDIR)$(PREFIX)/bin
	$(Q)install -m 755 $(BIN)/smsc-gw/smsc-gw $(BIN)/ussd/ussd-gw \
		$(DESTDIR)$(PREFIX)/sbin
	$(Q)cd $(DESTDIR)$(PREFIX) && umask 022 && \
	    from() { $(OURS) $(CURDIR)/$$1 >$$2; } && \
	    from core/travelcard.1 share/man/man1/travelcard.1 && \
	    from conf/travelcard.conf.5 share/man/man5/travelcard.conf.5 && \
	    from core/travelcard-audit.5 share/man/man5/travelcard-audit.5 && \
	    from smsc-gw/smsc-gw.8 share/man/man8/smsc-gw.8 && \
	    from ussd/ussd-gw.8 share/man/man8/ussd-gw.8 && \
	    for f in travelcard three-carriers windows; do \
		from conf/$$f.conf share/doc/travelcard/$$f.conf || exit; \
	    done && \
	    from conf/smsc-gw.service lib/systemd/system/smsc-gw.service && \
	    from conf/ussd-gw.service lib/systemd/system/ussd-gw.service && \
	    from conf/travelcard.sysusers lib/sysusers.d/travelcard.conf
	$(Q)install -m 644 COPYING $(DESTDIR)$(PREFIX)/share/doc/travelcard
	$(Q)install -m 644 $(TABLES) $(DESTDIR)$(DATA)
	$(Q)[ -d $(CONF) ] || install -d $(CONF)
	$(Q)[ -e $(CONF)/travelcard.conf ] || install -m 644 -t $(CONF) \
		$(DESTDIR)$(PREFIX)/share/doc/travelcard/travelcard.conf

uninstall:
	$(Q)cd $(DESTDIR)$(PREFIX) && rm -f $(INSTALLED)
	$(Q)rm -rf $(DESTDIR)$(DATA) $(DESTDIR)$(PREFIX)/share/doc/travelcard

clean:
	rm -rf build build-san build-fuzz core/travelcard smsc-gw/smsc-gw \
		ussd/ussd-gw

-include $(shell find $(O) -name '*.d' 2>/dev/null)
