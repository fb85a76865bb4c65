//go:build linux

package run

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/seal"
	"ekermed.example/ekermed/internal/call/wire"
)

// Threat 16: who reads the server's memory, its files and its log in the middle of a call
// finds no key of a frame, neither as it is nor written out.
func TestTheServerHoldsNoKey(t *testing.T) {
	server := startServer(t, t.TempDir(), "127.0.0.1:0", "EKERMED_ROOM_REKEY=1s", "EKERMED_ROOM_ROUTE=server", "EKERMED_LOG_LEVEL=debug")
	server.clinician()
	_, code := server.invite()
	d := startDesk(t)
	d.signIn(t, server.Local)
	g := sealing(t, server.Local, code, false)
	admit(t, d)
	d.until(t, "sealed through the server", func(s call.State) bool { return s.Call.Sealed && s.Call.Secrecy() == call.SecrecyEnd })
	secrets := map[string][]byte{}
	for i := range 4 {
		flowing(t, d, g)
		g.ring.mu.Lock()
		secrets[fmt.Sprintf("the frame key of second %d", i)] = bytes.Clone(field(g.ring.g, "current", "base"))
		g.ring.mu.Unlock()
		time.Sleep(time.Second)
	}
	if len(secrets["the frame key of second 0"]) != seal.KeySize || bytes.Equal(secrets["the frame key of second 0"], secrets["the frame key of second 3"]) {
		t.Fatalf("the keys do not change: %x", secrets)
	}
	memory := read(t, server.cmd.Process.Pid)
	welcome, ok := heard[wire.Welcome](g)
	if !ok || !bytes.Contains(memory, []byte(welcome.Resume)) {
		t.Fatal("the search would not find what is there")
	}
	places := map[string][]byte{"memory": memory}
	if err := filepath.WalkDir(server.data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		places[path], err = os.ReadFile(path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for what, secret := range secrets {
		for place, b := range places {
			for _, form := range [][]byte{secret, []byte(hex.EncodeToString(secret)), []byte(strings.TrimRight(base64.StdEncoding.EncodeToString(secret), "="))} {
				if bytes.Contains(b, form) {
					t.Errorf("%s is in the server's %s", what, place)
				}
			}
		}
	}
	t.Logf("%d MB of memory and %d files searched for %d keys", len(memory)>>20, len(places)-1, len(secrets))
}

// field reads an unexported field of ours.
func field(v any, names ...string) []byte {
	value := reflect.ValueOf(v).Elem()
	for _, name := range names {
		value = value.FieldByName(name)
	}
	return value.Bytes()
}

// read returns all that a process has in writable memory.
func read(t *testing.T, pid int) []byte {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	var all []byte
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		chunk := make([]byte, 1<<20)
		for at := from; at < to; at += int64(len(chunk)) {
			n, err := mem.ReadAt(chunk[:min(int64(len(chunk)), to-at)], at)
			all = append(all, chunk[:n]...)
			if err != nil {
				break // a page that is not there
			}
		}
	}
	return all
}
