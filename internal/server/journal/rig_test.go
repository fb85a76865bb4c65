package journal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a journal with three readers, a manager, and the trail and memory that opening
// needs.
type desk struct {
	t           *testing.T
	data, vault string
	who         []*age.X25519Identity // three, and a fourth who may not
	boss, thief ed25519.PrivateKey
	log         *bytes.Buffer // read while no journal runs

	trail  []Reading
	broken error // of the trail
	nonces map[string]bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{t: t, data: filepath.Join(dir, "data"), vault: filepath.Join(dir, "vault"), log: &bytes.Buffer{}, nonces: map[string]bool{}}
	for range 4 {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		d.who = append(d.who, i)
	}
	for _, key := range []*ed25519.PrivateKey{&d.boss, &d.thief} {
		file, _, err := NewManagerKey()
		if err == nil {
			*key, err = ParseManagerKey(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) readers() []string {
	var keys []string
	for _, i := range d.who[:3] {
		keys = append(keys, i.Recipient().String())
	}
	return keys
}

func (d *desk) options() Options {
	return Options{Data: d.data, Vault: d.vault, Recipients: d.readers(), Log: slog.New(slog.NewTextHandler(d.log, nil))}
}

// start runs a journal; the answer ends it. Within a synctest bubble only.
func (d *desk) start() (*Journal, func()) {
	d.t.Helper()
	j, err := New(d.options())
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	synctest.Wait()
	return j, sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			d.t.Error(err)
		}
	})
}

// write keeps these events, in a segment of their own.
func (d *desk) write(events ...Event) {
	d.t.Helper()
	j, stop := d.start()
	for _, e := range events {
		j.Note(e)
	}
	synctest.Wait()
	stop()
}

func (d *desk) RecordReading(_ context.Context, r Reading) error {
	if d.broken == nil {
		d.trail = append(d.trail, r)
	}
	return d.broken
}

func (d *desk) UseNonce(_ context.Context, nonce string, _ time.Time) (bool, error) {
	used := d.nonces[nonce]
	d.nonces[nonce] = true
	return !used, nil
}

func (d *desk) opening() Opening {
	return Opening{
		Data: d.data, Vault: d.vault, Recipients: d.readers(), Managers: []string{ManagerText(d.boss.Public().(ed25519.PublicKey))},
		Nonces: d, Recorder: d,
	}
}

// request is a good one of the manager, bent before it is signed.
func (d *desk) request(day string, p Purpose, reader int, bend func(*Request)) Request {
	d.t.Helper()
	r, err := NewRequest(day, p, d.who[reader].Recipient().String(), time.Hour)
	if err != nil {
		d.t.Fatal(err)
	}
	if bend != nil {
		bend(&r)
	}
	return r.Sign(d.boss)
}

func file(i *age.X25519Identity) []byte { return []byte("# an identity\n" + i.String() + "\n") }

// open opens a day as one of the readers, and checks that the attempt was recorded.
func (d *desk) open(day string, p Purpose, reader int) ([]Event, error) {
	d.t.Helper()
	before := len(d.trail)
	list, err := d.opening().Open(d.t.Context(), day, file(d.who[reader]), text(d.t, d.request(day, p, reader, nil)))
	if len(d.trail) != before+1 {
		d.t.Errorf("%d records of an attempt", len(d.trail)-before)
	}
	var events []Event
	for _, e := range list {
		events = append(events, e.Event)
	}
	return events, err
}

func (d *desk) says(err error, words ...string) {
	d.t.Helper()
	if err == nil {
		d.t.Errorf("no error; want one with %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			d.t.Errorf("%q does not say %q", err, w)
		}
	}
}

// files are those of the stream.
func (d *desk) files() []string {
	d.t.Helper()
	paths, err := filepath.Glob(filepath.Join(d.data, folderName, "*", "*.segment"))
	if err != nil {
		d.t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

func (d *desk) edit(path string, change func([]byte) []byte) {
	d.t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}
