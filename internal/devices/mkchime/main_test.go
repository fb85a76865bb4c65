package main

import (
	"bytes"
	"math"
	"testing"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/devices/fake"
)

// The files in assets are what this program makes, up to rounding.
func TestFilesAreCurrent(t *testing.T) {
	for name, want := range chimes() {
		raw, err := assets.File("sounds/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got, hz, err := fake.ReadWAV(bytes.NewReader(raw))
		if err != nil || hz != rate || len(got) != len(want) {
			t.Fatalf("%s: %d samples at %d Hz, %v; want %d at %d: run mkchime again", name, len(got), hz, err, len(want), rate)
		}
		for i := range want {
			if d := int(got[i]) - int(want[i]); d < -2 || d > 2 {
				t.Fatalf("%s: sample %d is %d, want %d: run mkchime again", name, i, got[i], want[i])
			}
		}
	}
}

// Soft: no clipping, no click at either end.
func TestChimesAreSoft(t *testing.T) {
	for name, pcm := range chimes() {
		peak := 0.0
		for _, v := range pcm {
			peak = max(peak, math.Abs(float64(v)))
		}
		if peak > 16000 || peak < 4000 {
			t.Errorf("%s: peak %v", name, peak)
		}
		if first, last := pcm[0], pcm[len(pcm)-1]; max(first, -first) > 50 || max(last, -last) > 50 {
			t.Errorf("%s: begins with %d and ends with %d", name, first, last)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	var out bytes.Buffer
	if code := run([]string{"-o", t.TempDir() + "/none"}, &out); code != 1 {
		t.Errorf("exit %d for a folder that is not there: %s", code, &out)
	}
	if code := run([]string{"-x"}, &out); code != 2 {
		t.Errorf("exit %d for an unknown flag", code)
	}
}
