// Command mkfake writes what the fake camera shows and the fake microphone says as
// files, for browsers that take their devices from files.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"ekermed.example/ekermed/internal/devices/fake"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("mkfake", flag.ContinueOnError)
	flags.SetOutput(stderr)
	y4m := flags.String("y4m", "", "write pictures to this `file`")
	wav := flags.String("wav", "", "write sound to this `file`")
	seconds := flags.Int("seconds", 10, "how long")
	look := flags.String("look", "patient", "desktop or patient")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	which := fake.Patient
	switch {
	case *look == fake.Desktop.String():
		which = fake.Desktop
	case *look != fake.Patient.String():
		fmt.Fprintf(stderr, "mkfake: look %q is neither desktop nor patient\n", *look)
		return 2
	}
	if *seconds < 1 || *seconds > 600 {
		fmt.Fprintln(stderr, "mkfake: -seconds must be 1 to 600")
		return 2
	}
	err := save(*y4m, func(w io.Writer) error {
		camera, err := fake.NewCamera(which)
		if err != nil {
			return err
		}
		return fake.WriteY4M(w, camera, *seconds*fake.FPS)
	})
	if err == nil {
		err = save(*wav, func(w io.Writer) error { return writeSpeech(w, *seconds) })
	}
	if err != nil {
		fmt.Fprintln(stderr, "mkfake:", err)
		return 1
	}
	return 0
}

func save(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return f.Close()
}

func writeSpeech(w io.Writer, seconds int) error {
	pcm, err := fake.Speech()
	if err != nil {
		return err
	}
	out := make([]int16, seconds*fake.Rate)
	for at := 0; at < len(out); at += len(pcm) {
		copy(out[at:], pcm)
	}
	return fake.WriteWAV(w, out, fake.Rate)
}
