# Tasks of the project; "make" lists them. Whatever is missing is installed or started where that can be done (Debian
# as root), and what is left out is said. With CI=true nothing may be left out.

.DEFAULT_GOAL := help
SHELL := /bin/bash

GO     ?= go
# Packages of "make test", "make bench" and "make fuzz".
PKG    ?= ./...
# Further flags of "go test" in "make test".
FLAGS  ?=
# How long all fuzz targets run together, and how many of the inputs found each of them keeps.
FUZZTIME ?= 1h
KEEP     ?= 0
# How many plans "make differential" tries.
PLANS ?= 5000

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build the binary, ./rundown
	$(GO) build -trimpath -o rundown .

.PHONY: test
test: ## run all tests, those of .ci/race under the race detector and all others without it, with a summary
	@GO='$(GO)' PKG='$(PKG)' FLAGS='$(FLAGS)' bash .ci/test

.PHONY: race
race: ## run all tests under the race detector, with a summary: a quarter of an hour
	@RACE=all GO='$(GO)' PKG='$(PKG)' FLAGS='$(FLAGS)' bash .ci/test

.PHONY: lint
lint: ## gofumpt, vet, staticcheck, and govulncheck where its database can be reached
	@unformatted=$$($(GO) tool gofumpt -l .); if [[ -n $$unformatted ]]; then echo "not formatted by gofumpt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@out=$$($(GO) tool govulncheck ./... 2>&1); status=$$?; \
	if [[ $$status -ne 0 && $$out == *"fetching vulnerabilities"* ]]; then \
		echo "left out: govulncheck, its database cannot be reached from here"; [[ $${CI:-} != true ]]; \
	else echo "$$out"; exit $$status; fi

.PHONY: bench
bench: ## run the benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $(PKG)

# The soak crashes processes, not machines, so that its store may lie in a folder in memory, where there is one; and in
# virtual time all goes in turn, so that a second processor only costs.
IN_MEMORY = GOMAXPROCS=1 GOGC=600 TMPDIR=$(firstword $(wildcard /dev/shm) $(or $(TMPDIR),/tmp))

.PHONY: soak
soak: ## a term of 16 weeks under faults and crashes, its negative control, 2,000 days of random edits, and a week of nodes on PostgreSQL that die, in virtual time; nodes that die for 5 minutes, in real time; SEED=n for others
	$(GO) test -tags soak ./runner -run TestTheSoakFails -count 1 -v -args -seed $(or $(SEED),1)
	$(IN_MEMORY) $(GO) test ./runner -run TestRandomEdits -count 1 -timeout 60m -v -args -edits 2000 -seed $(or $(SEED),1)
	$(IN_MEMORY) $(GO) test ./runner -run TestATermUnder -count 1 -timeout 60m -v -args -weeks 16 -seed $(or $(SEED),1)
	$(IN_MEMORY) $(GO) test ./runner -run TestATermOnPostgreSQL -count 1 -timeout 60m -v -artifacts -args -days 5 -seed $(or $(SEED),1)
	$(GO) test -tags soak ./runner -run TestNodesOnPostgreSQLDie -count 1 -timeout 60m -v -args -minutes $(or $(MINUTES),5) -seed $(or $(SEED),1)

.PHONY: trials
trials: ## kill, freeze and cut off daemons that share a PostgreSQL, in real time, and print a table; TRIALS=30 kills, 3 at once
	$(GO) test ./internal/cli -run 'TestThreeDaemons|TestADatabaseThatIsDown' -count 1 -timeout 120m -parallel $(or $(PARALLEL),3) -args -trials $(or $(TRIALS),30)

# The version before this one is taken from the history, so that it takes a clone that has it.
.PHONY: mixed
mixed: ## nodes of OLD=commit (3880c6eb or later) and of this tree record a school day side by side on one PostgreSQL, through upgrades and back, in virtual time; SEED=n for another
	GO='$(GO)' OLD='$(or $(OLD),HEAD~1)' $(IN_MEMORY) .ci/mixed -tags mixed ./runner -run TestTwoVersionsRecordADay -count 1 -timeout 60m -v -artifacts -args -days $(or $(DAYS),1) -seed $(or $(SEED),1)

.PHONY: mixed-binaries
mixed-binaries: ## daemons of OLD=commit and of this tree side by side on one PostgreSQL, through an upgrade and back, in real time: some minutes
	folder=$$(mktemp -d) && chmod 755 "$$folder" && trap 'git worktree remove --force "$$folder/tree"; rm -rf "$$folder"' EXIT && \
	git worktree add --detach "$$folder/tree" $(or $(OLD),HEAD~1) && $(GO) build -C "$$folder/tree" -o "$$folder/rundown" . && \
	RUNDOWN_OLD="$$folder/rundown" $(GO) test -tags mixed ./internal/cli -run TestTwoVersionsSideBySide -count 1 -timeout 30m -v

.PHONY: compare
compare: ## the scripts of examples/cron-and-curl and the daemon side by side, in real time: two and a half minutes
	$(GO) test -tags compare ./internal/comparison -run TestTheScriptsThemselves -count 1 -v -args -seed $(or $(SEED),3)

.PHONY: fuzz
fuzz: ## run all fuzz targets, for FUZZTIME (1h) in all; KEEP=20 keeps inputs that they found
	@GO='$(GO)' PKG='$(PKG)' FUZZTIME='$(FUZZTIME)' KEEP='$(KEEP)' bash .ci/fuzz

.PHONY: image-check
image-check: ## build the image of deploy/container without a registry, and run it; as root, with buildah, runc and jq
	GO='$(GO)' bash .ci/image

.PHONY: schema
schema: ## write schemas/plan.schema.json and schemas/openapi.json anew
	@mkdir -p schemas
	$(GO) run . schema > schemas/plan.schema.json.new
	mv schemas/plan.schema.json.new schemas/plan.schema.json
	$(GO) test ./runner/web/api -run OpenAPI -update -count 1

.PHONY: screenshots
screenshots: ## picture each page of the duty page, light, dark and on a phone, into docs/screenshots
	@mkdir -p docs/screenshots
	$(GO) test ./runner/web/page -run TestScreenshots -count 1 -args -screenshots $(CURDIR)/docs/screenshots

# Where npm is, it takes over a release of axe-core with its licence.
AXE ?= 4.14.1
.PHONY: axe
axe: ## take over axe-core, which looks for what keeps people from using a page, from npm; AXE=version
	folder=$$(mktemp -d) && cd "$$folder" && npm pack --silent axe-core@$(AXE) && tar xzf axe-core-$(AXE).tgz && \
	cp package/axe.min.js package/LICENSE package/LICENSE-3RD-PARTY.txt $(CURDIR)/runner/web/page/pagetest/axe/ && rm -r "$$folder"

.PHONY: zones
zones: ## take over the time zone database of the Go distribution, into plan/tzdata
	cp "$$($(GO) env GOROOT)/lib/time/zoneinfo.zip" plan/tzdata/zoneinfo.zip
	{ sed -n 's/^DATA=//p' "$$($(GO) env GOROOT)/lib/time/update.bash"; sha256sum < plan/tzdata/zoneinfo.zip | cut -d' ' -f1; } > plan/tzdata/RELEASE

.PHONY: differential
differential: ## hold validate against the simulator over 5,000 random plans around the bounds
	$(GO) test ./runner -count 1 -v -run 'TestWhatValidatePassesTheServiceAccepts|TestEachValueOutOfBoundsIsFoundOrAccepted' -differential.plans $(PLANS)

.PHONY: clocks
clocks: ## hold classes at every half hour against a walk over every minute, in every zone, for five years: two minutes of one core
	$(GO) test ./plan/schedule -count 1 -v -timeout 30m -run TestEveryHalfHourOfAYearInEveryZone -clock.all -clock.years 5 -clock.step 1m
