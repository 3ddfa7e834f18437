# PORT=9000 make run, PORT=9000 make up: another address.

.DEFAULT_GOAL := help
.PHONY: help run up down build check test chaos attack soak bench bench-quick lighthouse lint package vm-test

help:
	@echo 'make run     Chatter on this machine; needs only Go, keeps nothing'
	@echo '             (ARGS="--redis redis://127.0.0.1:6379/0": a Redis of your own)'
	@echo 'make up      the real stack in .run/: nginx, Redis and supervisor, no root needed'
	@echo 'make down    stops it; its data stays in .run/'
	@echo 'make check   the quick tests, about a minute: before every commit'
	@echo 'make test    everything; installs what is missing where it may: before you share'
	@echo 'make chaos   the real stack under guests and faults, five minutes'
	@echo "             (DURATION=30s SEED=7, or FAULTS='hup wsd,rolling wsd' CALM=6s)"
	@echo 'make soak    guests who come and go, 30 minutes: is what the services hold flat?'
	@echo 'make attack  polite guests talk while clients attack the real stack; three minutes'
	@echo '             (EACH=20s ONLY=flood,names)'
	@echo 'make bench   what a delivery, a socket and a page cost, beside the system calls alone'
	@echo '             (ARGS="--only W2 --against DIR --runs 7": beside another build in DIR)'
	@echo 'make bench-quick  less of it, in a minute'
	@echo 'make lighthouse  the scores that Lighthouse gives the three pages, on a phone; takes minutes'
	@echo '             (URL=http://127.0.0.1:8080/: of a Chatter that already runs)'
	@echo 'make lint    gofmt, go vet, staticcheck'
	@echo 'make package  dist/chatter_VERSION_ARCH.deb for Debian and Ubuntu (VERSION=1.2.3 ARCHES=amd64)'
	@echo 'make vm-test  the package in a real Debian that boots: install, talk, upgrade, purge; needs'
	@echo '             root, debootstrap and systemd-nspawn (SUITE=trixie for Debian 13)'
	@echo 'make build   the two services and chatterctl into bin/'

# Not `go run`: it would not hand a SIGTERM on, and exec leaves no make in between.
run:
	@go build -o bin/run ./supervisor/run
	@exec bin/run $(ARGS)

up:
	@go run ./supervisor/run up

down:
	@go run ./supervisor/run down

build:
	CGO_ENABLED=0 go build -o bin/ chatter/httpd chatter/wsd
	go build -o bin/chatterctl chatter/supervisor/ctl

package:
	supervisor/package/build $(ARCHES)

vm-test:
	CHATTER_VM=$(or $(SUITE),bookworm) go test -count=1 -timeout 10m -v ./supervisor/vm

check:
	.ci/test quick

test:
	.ci/packages
	.ci/test

chaos:
	@go build -o bin/chaos ./supervisor/lab/chaos
	@bin/chaos --duration "$(or $(DURATION),5m)" --calm "$(or $(CALM),0s)" $(if $(SEED),--seed "$(SEED)") --faults "$(FAULTS)"

soak:
	@go build -o bin/chaos ./supervisor/lab/chaos
	@bin/chaos --soak --duration "$(or $(DURATION),30m)" --guests 150 --rooms 15 --rate 75 $(if $(SEED),--seed "$(SEED)")

attack:
	@go build -o bin/chaos ./supervisor/lab/chaos
	@bin/chaos --attack --each "$(or $(EACH),10s)" --faults "$(ONLY)" --rate 20

bench:
	@go build -o bin/bench ./supervisor/lab/bench
	@bin/bench --json bin/bench.json $(ARGS)

bench-quick:
	@$(MAKE) --no-print-directory bench ARGS="--quick $(ARGS)"

# The copy in bin/ keeps node_modules out of the tree. Without URL it starts `make run`.
lighthouse: export PORT ?= 8099
lighthouse:
	@mkdir -p bin/lighthouse && cp supervisor/lab/lighthouse/* bin/lighthouse/
	@cmp -s bin/lighthouse/package-lock.json bin/lighthouse/node_modules/.installed || \
		{ cd bin/lighthouse && npm ci --ignore-scripts --no-audit --no-fund && cp package-lock.json node_modules/.installed; }
	@[ -n "$(URL)" ] || go build -o bin/run ./supervisor/run
	@if [ -z "$(URL)" ]; then bin/run >bin/lighthouse/run.log 2>&1 & trap "kill $$!" EXIT; fi; \
		cd bin/lighthouse && npm run --silent audit -- "$(or $(URL),http://127.0.0.1:$$PORT/)" "$(or $(RUNS),3)"

lint:
	.ci/format
	go vet work
	GOOS=darwin go vet work
	GOARCH=arm64 go vet work
	.ci/lines
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 work
