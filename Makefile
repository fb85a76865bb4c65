# e-KerMed. `make` alone lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

TAGS := nolibopusfile migrated_fynedo
# At most two compilers at once: the C libraries are heavy.
GOFLAGS_DESKTOP := -p 2 -tags "$(TAGS)"
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -s -w -X main.version=$(VERSION)
WEB := internal/server/web
ENGINES := internal/e2e/engines
# Packages that build without cgo: they get the race detector's attention first.
PURE := ./assets/... ./internal/call/... ./internal/server/... ./cmd/ekermed-server/...
FUZZTIME ?= 5s

.PHONY: matrix engines derive screens sbom threats help setup build server desktop demo test unit race lint fuzz e2e netlab netlab-setup bench generate web web-check page

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: ## install the system packages that are missing (Debian, Ubuntu)
	@packaging/setup.sh

build: server desktop ## build bin/ekermed-server and bin/ekermed-desktop

server:
	CGO_ENABLED=0 go build -ldflags '$(LDFLAGS)' -o bin/ekermed-server ./cmd/ekermed-server

desktop:
	go build $(GOFLAGS_DESKTOP) -ldflags '$(LDFLAGS)' -o bin/ekermed-desktop ./cmd/ekermed-desktop

demo: setup build $(WEB)/node_modules/.package-lock.json ## a consultation on this machine; DEMO_SECONDS=60 ends it by itself
	@go run -tags "$(TAGS)" ./internal/e2e/demo -root .

test: export WAYLAND_REQUIRED = 1
test: setup lint web-check unit page build e2e ## everything that must pass

unit: ## tests of all packages; with the race detector where there is no cgo
	go test -race -short -count=1 $(PURE)
	go test -count=1 -run TestConvergence ./internal/call/board
	@# The detector slows things down so much that it hides what happens in quick succession.
	CGO_ENABLED=0 go test -count=1 ./internal/call/peer ./internal/server/sfu
	CGO_ENABLED=0 go test -count=1 -tags migrated_fynedo ./internal/ui/...
	go test -count=1 $(GOFLAGS_DESKTOP) ./internal/devices/... ./cmd/ekermed-desktop/... ./internal/e2e/lab/...

race: ## the race detector on everything that has no cgo
	go test -race -count=1 $(PURE)

lint: ## formatting, vet, staticcheck, who may import whom
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	go vet $(GOFLAGS_DESKTOP) ./...
	go test -count=1 ./internal/arch
	"$$(cd tools && go tool -n staticcheck)" -tags "nolibopusfile,migrated_fynedo" ./...

fuzz: ## each decoder for a few seconds (FUZZTIME=5s)
	@packaging/fuzz.sh $(FUZZTIME)

e2e: build $(WEB)/node_modules/.package-lock.json ## the real programs, browsers, mail, keyring and sound
	go test -count=1 -timeout 20m $(GOFLAGS_DESKTOP) ./internal/e2e/...

matrix: build engines derive $(WEB)/node_modules/.package-lock.json ## measure what each browser can do, old ones too, for /compat; MATRIX_ENGINES=firefox,chromium-92 chooses
	MATRIX=1 go test -count=1 -v -timeout 60m $(GOFLAGS_DESKTOP) ./internal/e2e/matrix
	go generate ./internal/server/compat

engines: $(ENGINES)/node_modules/.package-lock.json ## fetch the older browsers that make matrix runs (250 MB)
	node $(ENGINES)/unpack.mjs build/engines

derive: $(ENGINES)/node_modules/.package-lock.json ## what the published tables say of every browser, for /compat
	node $(ENGINES)/derive.mjs internal/server/compat/published.json
	go generate ./internal/server/compat

netlab: netlab-setup build $(WEB)/node_modules/.package-lock.json ## consultations in twelve hard networks, as root; NETLAB_ROWS=1,2 and NETLAB_ENGINES=chromium choose
	NETLAB_REQUIRED=1 NETLAB_ROWS="$${NETLAB_ROWS:-all}" go test -count=1 -v -timeout 60m $(GOFLAGS_DESKTOP) ./internal/e2e/netlab

netlab-setup:
	@packaging/setup.sh netlab

threats: netlab-setup build ## every promise and threat with the tests that answer it, a line each; then each fuzz target for a while
	go -C tools run ./evidence
	packaging/fuzz.sh 3s

sbom: $(WEB)/node_modules/.package-lock.json ## what each program is made of (CycloneDX), into build/sbom
	mkdir -p build/sbom
	go -C tools tool cyclonedx-gomod app -json -main cmd/ekermed-server -output $(CURDIR)/build/sbom/ekermed-server.json $(CURDIR)
	GOFLAGS='-tags=nolibopusfile,migrated_fynedo' go -C tools tool cyclonedx-gomod app -json -main cmd/ekermed-desktop -output $(CURDIR)/build/sbom/ekermed-desktop.json $(CURDIR)
	cd $(WEB) && npm sbom --sbom-format cyclonedx --omit dev > $(CURDIR)/build/sbom/page.json

bench: build $(WEB)/node_modules/.package-lock.json ## speed, as figures of one run
	go test -run '^$$' -bench . -benchtime 1s $(PURE)
	CGO_ENABLED=0 go test -run '^$$' -bench . -tags migrated_fynedo ./internal/ui/...
	go test -run '^$$' -bench . $(GOFLAGS_DESKTOP) ./internal/devices/...
	E2E_BENCH=1 go test -count=1 -v -timeout 20m -run 'TestBench|TestSixPeople' $(GOFLAGS_DESKTOP) ./internal/e2e/...

screens: $(WEB)/node_modules/.package-lock.json ## pictures of every state of a call's screens, into docs/screens
	packaging/screens.sh

generate: ## the TypeScript twins of the protocol
	go generate ./internal/call/wire

web: ## the patient's page into internal/server/web/dist
	$(WEB)/build.sh

web-check: $(WEB)/node_modules/.package-lock.json ## that dist is current and the types agree
	$(WEB)/check.sh

page: $(WEB)/node_modules/.package-lock.json ## the page's own tests: reducer, every state, accessibility
	cd $(WEB) && npm test --silent

$(ENGINES)/node_modules/.package-lock.json: $(ENGINES)/package-lock.json
	cd $(ENGINES) && npm ci --no-fund --no-audit --silent
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-fund --no-audit --silent
	@touch $@
