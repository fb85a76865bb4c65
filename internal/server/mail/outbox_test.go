package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Without an SMTP server a mail is a file that a mail program opens.
func TestOutbox(t *testing.T) {
	log := &sink{}
	dir := t.TempDir()
	m := New(Options{Sender: sender(t), Dir: dir, Log: log.logger(), Now: time.Now})
	how, err := m.Send(t.Context(), invitation(t, "fr"))
	path, ok := strings.CutPrefix(how, "outbox ")
	if err != nil || !ok || filepath.Dir(path) != filepath.Join(dir, "outbox") || !strings.HasSuffix(path, ".eml") {
		t.Fatalf("%q %v", how, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := parse(t, raw); !strings.Contains(got.parts["text/plain"], link) {
		t.Errorf("%s", raw)
	}
	for _, p := range []string{path, filepath.Dir(path)} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v %v", p, info.Mode(), err)
		}
	}
	if m.Retry(t.Context()) != 0 {
		t.Error("the outbox is no queue")
	}
	namesNobody(t, log)
}

// A folder that cannot be written is an error, not half a file.
func TestOutboxThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := New(Options{Sender: sender(t), Dir: file, Log: (&sink{}).logger(), Now: time.Now})
	if _, err := m.Send(t.Context(), invitation(t, "fr")); err == nil || !strings.Contains(err.Error(), "mail outbox") || strings.Contains(err.Error(), to) {
		t.Errorf("%v", err)
	}
}

// One that cannot be read stops nothing, and is not thrown away.
func TestABrokenQueueFile(t *testing.T) {
	log := &sink{}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "queue"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "queue", "broken.json")
	if err := os.WriteFile(path, []byte(`{"to":"`+to+`"`), 0o600); err != nil {
		t.Fatal(err)
	}
	m := New(Options{Sender: sender(t), SMTP: "localhost:1", Dir: dir, Log: log.logger(), Now: time.Now})
	if left := m.Retry(t.Context()); left != 1 {
		t.Errorf("%d left", left)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	namesNobody(t, log)
}
