package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"ekermed.example/ekermed/internal/devices/fake"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	y4m, wav := filepath.Join(dir, "a.y4m"), filepath.Join(dir, "a.wav")
	var out bytes.Buffer
	if code := run([]string{"-y4m", y4m, "-wav", wav, "-seconds", "4", "-look", "desktop"}, &out); code != 0 {
		t.Fatalf("exit %d: %s", code, &out)
	}
	if info, err := os.Stat(y4m); err != nil || info.Size() < 4*fake.FPS*fake.Width*fake.Height {
		t.Errorf("%v %v", info, err)
	}
	f, err := os.Open(wav)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, rate, err := fake.ReadWAV(f)
	if err != nil || len(pcm) != 4*fake.Rate || fake.FindSpeech(pcm, rate) < 0.9 {
		t.Errorf("%d samples at %d, %v", len(pcm), rate, err)
	}
	for _, args := range [][]string{{"-look", "nurse"}, {"-seconds", "0"}, {"-x"}} {
		if code := run(args, &out); code != 2 {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if code := run([]string{"-y4m", filepath.Join(dir, "none", "a")}, &out); code != 1 {
		t.Error("a file in no folder")
	}
}
