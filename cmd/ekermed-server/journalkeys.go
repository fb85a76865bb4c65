package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"filippo.io/age"

	"ekermed.example/ekermed/internal/server/journal"
)

// journalRequest and journalKeygen need no server: they are for the machines of those who
// hold the keys.
func journalRequest(e env, args []string) error {
	f := flags(e, "journal request --key FILE --day D --purpose outage|billing --recipient AGE-KEY [--hours 24]",
		"Writes a manager's signed request that one of the three open one day for one purpose. It is good once. Run\nit where the manager's key is, which need not be the server.")
	key := f.String("key", "", "`FILE` of the manager's key, from `journal keygen`")
	day := f.String("day", "", "`D`ay of UTC, such as 2026-11-05")
	purpose := f.String("purpose", "", "outage or billing")
	recipient := f.String("recipient", "", "age public key of the one who shall open")
	hours := f.Int("hours", 24, "how long the request is good, 1 to 24")
	out := f.String("out", "", "write the request to `FILE` instead of standard output")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *key == "" || *day == "" || *purpose == "" || *recipient == "" {
		return usageError{"journal request needs --key, --day, --purpose and --recipient"}
	}
	if _, err := age.ParseX25519Recipient(*recipient); err != nil {
		return fmt.Errorf("recipient %q is not a public key such as age1…; take it from journal.recipients", *recipient)
	}
	text, err := readSmall(*key)
	if err != nil {
		return fmt.Errorf("key of the manager: %w", err)
	}
	private, err := journal.ParseManagerKey(text)
	if err != nil {
		return fmt.Errorf("key of the manager: %s: %w", *key, err)
	}
	r, err := journal.NewRequest(*day, journal.Purpose(*purpose), *recipient, time.Duration(*hours)*time.Hour)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(r.Sign(private), "", "  ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if *out == "" {
		_, err = e.stdout.Write(b)
		return err
	}
	return writeNew(*out, b)
}

func journalKeygen(e env, args []string) error {
	f := flags(e, "journal keygen [--recipient] --out FILE",
		"Makes the key of a manager, who signs requests, or with --recipient of one of the three who open the journal.\nThe key goes to FILE, for its holder alone; the public key is printed, for journal.managers or journal.recipients.")
	recipient := f.Bool("recipient", false, "the key of one who opens (age), not of a manager")
	out := f.String("out", "", "new `FILE` for the key")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *out == "" {
		return usageError{"journal keygen needs --out"}
	}
	text, public, err := newKey(*recipient)
	if err != nil {
		return err
	}
	if err := writeNew(*out, text); err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.stdout, public)
	return err
}

func newKey(recipient bool) (text []byte, public string, err error) {
	if !recipient {
		return journal.NewManagerKey()
	}
	i, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, "", err
	}
	public = i.Recipient().String()
	return fmt.Appendf(nil, "# public key: %s\n%s\n", public, i), public, nil
}

// writeNew writes a file for its owner alone, and overwrites none.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; choose another name, for a key that is overwritten is lost", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}
