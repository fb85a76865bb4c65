//go:build unix

package files_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"ekermed.example/ekermed/assets"
	"ekermed.example/ekermed/internal/call/files"
	"ekermed.example/ekermed/internal/call/managed"
)

// eicar is the text that every scanner takes for a virus, in two parts lest one takes this
// source for it.
func eicar() string {
	return `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR` + `-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
}

// From the IT department's settings to the sentence on the screen: a file with a virus is
// refused, a good one kept; where the scanner cannot be run, or is not understood, none is.
func TestScannerOfTheMachine(t *testing.T) {
	scan := filepath.Join(t.TempDir(), "scan")
	if err := os.WriteFile(scan, []byte("#!/bin/sh\ntest \"$1\" = --no-summary && test -r \"$2\" || exit 2\ngrep -qF -e 'EICAR-STANDARD-ANTIVIRUS' \"$2\" && exit 1\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := func(program string) string { return fmt.Sprintf("files.scanner = [%q, '--no-summary']\n", program) }
	for name, tt := range map[string]struct {
		settings string
		content  string
		want     files.Problem // empty: it is kept
	}{
		"a virus":             {command(scan), eicar(), files.ProblemInfected},
		"a letter":            {command(scan), "Bonjour", ""},
		"nothing is set":      {"", "Bonjour", ""},
		"the scanner is gone": {command(scan + ".gone"), "Bonjour", files.ProblemUnchecked},
		"it cannot be run":    {command(filepath.Dir(scan)), "Bonjour", files.ProblemUnchecked},
		"it is misspelt":      {"files.scanner = 'scan'\n", "Bonjour", files.ProblemUnchecked},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := managed.Parse([]byte(tt.settings)) // what is wrong with it is another test's
			dir := t.TempDir()
			it, told := files.ReceivedBy(t, s.Scanner, dir, "lettre.txt", tt.content)
			if it.Problem != tt.want || told != tt.want {
				t.Errorf("%q; its sender is told %q; want %q", it.Problem, told, tt.want)
			}
			left, err := os.ReadDir(dir)
			if err != nil || (len(left) == 0) != (tt.want != "") {
				t.Errorf("in the folder: %v, %v", left, err)
			}
			for _, language := range assets.Languages() {
				texts, err := assets.LoadTexts(language)
				if err != nil {
					t.Fatal(err)
				}
				if it.Problem != "" && !texts.Has("files.problem."+string(it.Problem)) {
					t.Errorf("%s: no sentence", language)
				}
			}
		})
	}
}
