package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "ekermed.example/ekermed/"

// rule says that no package below from may reach a package below to, not even through
// others, and why.
type rule struct{ from, to, why string }

func rules() []rule {
	own := func(from, to, why string) rule { return rule{from, module + to, why} }
	list := []rule{
		{"internal/call", "fyne.io/", "a call is run and tested with no display"},
		own("internal/call", "internal/ui", "the UI watches the call, never the reverse"),
		own("internal/call", "internal/devices", "a call takes its media through an interface of its own"),
		own("internal/call", "internal/server", "the protocol belongs to no side"),
		{"internal/ui", "github.com/pion/", "screens see frames and states, not WebRTC"},
		{"internal/ui", "fyne.io/fyne/v2/app", "cmd/ekermed-desktop alone opens a display"},
		own("internal/ui", "internal/devices", "screens pull frames through an interface of their own"),
		own("internal/ui", "internal/call/run", "screens emit events, they run nothing"),
		own("internal/devices", "internal/ui", "devices have no face"),
		own("internal/devices", "internal/call/run", "devices are opened, they do not run the call"),
		own("internal/devices", "internal/server", "the server is elsewhere"),
		{"internal/server", "fyne.io/", "the server has no face"},
		own("internal/server", "internal/ui", "the server has no face"),
		own("internal/server", "internal/devices", "the server has no camera"),
		{"internal/server", "github.com/pion/mediadevices", "the server has no camera"},
		{"internal/server/room", "github.com/pion/", "rooms decide, the SFU forwards"},
		{"internal/server/room", "net/http", "rooms know connections, not HTTP"},
		{"internal/server/drop", "net/http", "blobs come and go as readers, not as requests"},
		own("internal/server/drop", "internal/call", "what lies there is ciphertext, of nobody's protocol"),
		own("internal/server/web", "internal/call/files", "the server never opens a file"),
		{"internal/server/sfu", module + "internal/server/web", "the SFU is seen through its seam"},
		{"internal/server/sfu", module + "internal/server/store", "the SFU knows no appointments"},
	}
	for _, room := range []string{"room", "sfu", "relay", "web", "access", "store", "mail"} {
		list = append(list, own("internal/server/guide", "internal/server/"+room, "the guide is made from the configuration; tests compare it with the server"))
	}
	// The rooms of the server meet in internal/server and nowhere else.
	siblings := []string{"room", "sfu", "relay", "mail", "journal", "crowd", "alias", "drop"}
	for _, a := range siblings {
		for _, b := range append(siblings, "web", "access", "store") {
			if a != b {
				list = append(list, own("internal/server/"+a, "internal/server/"+b, "rooms of the server meet in internal/server only"))
			}
		}
	}
	for _, a := range []string{"room", "sfu", "relay", "mail", "web", "access", "store", "journal", "crowd", "alias"} {
		list = append(list, own("internal/server/"+a, "internal/server/trail", "what happens is told through a seam of its own; internal/server decides what of it is recorded"))
	}
	list = append(list,
		own("internal/server/web", "internal/server/journal", "the journal is opened on the machine, never over the network"),
		own("internal/server/access", "internal/server/journal", "access tells what it grants, internal/server records it"),
		own("internal/server/trail", "internal/server/journal", "three kinds of record, never mixed"),
		own("internal/server/trail", "internal/server/crowd", "three kinds of record, never mixed"),
	)
	for _, b := range append(siblings, "web", "access") {
		list = append(list, own("internal/server/store", "internal/server/"+b, "the store serves others and knows none"))
	}
	return list
}

func within(path, tree string) bool {
	return path == tree || strings.HasPrefix(path, strings.TrimSuffix(tree, "/")+"/")
}

func TestRoomsKeepApart(t *testing.T) {
	cmd := exec.Command("go", "list", "-tags", "nolibopusfile,migrated_fynedo", "-deps", "-json=ImportPath,Imports,Standard,Deps", "./...")
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	seen := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath    string
			Imports, Deps []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		ours, ok := strings.CutPrefix(p.ImportPath, module)
		if !ok {
			continue
		}
		seen++
		for _, r := range rules() {
			if !within(ours, r.from) {
				continue
			}
			for _, dep := range p.Deps {
				if within(dep, r.to) {
					t.Errorf("%s reaches %s: %s", ours, dep, r.why)
				}
			}
		}
		if within(ours, "internal/call/wire") && !within(ours, "internal/call/wire/tsgen") {
			for _, dep := range p.Deps {
				if strings.Contains(strings.SplitN(dep, "/", 2)[0], ".") {
					t.Errorf("%s reaches %s: the protocol rests on the standard library alone", ours, dep)
				}
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d packages of ours were seen: the check has lost its object", seen)
	}
}
