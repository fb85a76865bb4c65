// Command mkchime synthesises the product's sounds: soft chimes of two notes, made of
// a few partials that die away, so that nobody is startled. Run it from the top of the
// repository: go run ./internal/devices/mkchime -o assets/sounds
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"ekermed.example/ekermed/internal/devices/fake"
)

// rate is enough for notes whose partials end below 4 kHz.
const rate = 16000

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("mkchime", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("o", "assets/sounds", "write into this `folder`")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	for name, pcm := range chimes() {
		var file bytes.Buffer
		err := fake.WriteWAV(&file, pcm, rate)
		if err == nil {
			err = os.WriteFile(filepath.Join(*dir, name), file.Bytes(), 0o644)
		}
		if err != nil {
			fmt.Fprintln(stderr, "mkchime:", err)
			return 1
		}
	}
	return 0
}

// note begins at a time, in seconds, with a pitch in Hz.
type note struct{ at, pitch float64 }

// chimes are the files: a rising fifth for somebody at the door, a falling third to
// try a loudspeaker with.
func chimes() map[string][]int16 {
	return map[string][]int16{
		"arrival.wav": play([]note{{0, 587.33}, {0.22, 880}}, 1.5),
		"test.wav":    play([]note{{0, 659.26}, {0.25, 523.25}}, 1.3),
	}
}

func play(notes []note, seconds float64) []int16 {
	pcm := make([]int16, int(seconds*rate))
	for i := range pcm {
		t := float64(i) / rate
		sum := 0.0
		for _, n := range notes {
			if t < n.at {
				continue
			}
			age := t - n.at
			attack := 1 - math.Exp(-age/0.012)
			for k, strength := range []float64{1, 0.28, 0.1, 0.04} {
				// Higher partials die sooner, as on a bell.
				sum += strength * attack * math.Exp(-age*(3.2+1.8*float64(k))) * math.Sin(2*math.Pi*n.pitch*float64(k+1)*age)
			}
		}
		fade := min(1, (seconds-t)/0.1)
		pcm[i] = int16(math.Round(7500 * sum * fade))
	}
	return slices.Clip(pcm)
}
