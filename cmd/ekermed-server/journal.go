package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"ekermed.example/ekermed/internal/server"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/journal"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

func journalCommand(ctx context.Context, e env, args []string) error {
	const about = "usage: ekermed-server journal open|request|keygen|verify|purge [--help] [flags]"
	if len(args) == 0 {
		return usageError{about}
	}
	switch args[0] {
	case "open":
		return journalOpen(ctx, e, args[1:])
	case "request":
		return journalRequest(e, args[1:])
	case "keygen":
		return journalKeygen(e, args[1:])
	case "verify":
		return journalVerify(e, args[1:])
	case "purge":
		return journalPurge(ctx, e, args[1:])
	case "-h", "-help", "--help":
		fmt.Fprintln(e.stdout, about)
		return nil
	}
	return usageError{fmt.Sprintf("journal %q is not a command; %s", args[0], about)}
}

func journalOpen(ctx context.Context, e env, args []string) error {
	f := flags(e, "journal open --day D --identity FILE --request FILE",
		"Prints the events of a day that the request is for, one JSON line each. It takes the age identity of one\nof the three in journal.recipients, and a request for that person signed by a manager. Every try is recorded\nin the access trail.")
	var p place
	p.flags(f)
	day := f.String("day", "", "`D`ay of UTC, such as 2026-11-05")
	identity := f.String("identity", "", "age identity `FILE` of the one who opens")
	request := f.String("request", "", "`FILE` that `journal request` wrote")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *day == "" || *identity == "" || *request == "" {
		return usageError{"journal open needs --day, --identity and --request"}
	}
	who, err := readSmall(*identity)
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	why, err := readSmall(*request)
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	opening, err := server.NewOpening(cfg, s, logger(cfg.Log, e.stderr))
	if err != nil {
		return err
	}
	list, err := opening.Open(ctx, *day, who, why)
	out := json.NewEncoder(e.stdout)
	for _, entry := range list {
		if err := out.Encode(journal.Shown(entry)); err != nil {
			return err
		}
	}
	return err
}

func journalVerify(e env, args []string) error {
	f := flags(e, "journal verify", "Checks the chain of the journal's records, without any key, and names the first one that is damaged.")
	var p place
	p.flags(f)
	if err := parse(e, f, args); err != nil {
		return err
	}
	cfg, err := p.load(e)
	if err != nil {
		return err
	}
	list, err := journal.Verify(cfg.Server.Data)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.stdout, "no day of a journal is there")
		return err
	}
	damage := ""
	for _, v := range list {
		state := "whole"
		if v.Torn > 0 {
			state = fmt.Sprintf("whole but for %d last record(s) that were not written to the end", v.Torn)
		}
		if v.Damage != "" {
			state = "damaged"
			if damage == "" {
				damage = v.Damage
			}
		}
		if _, err := fmt.Fprintf(e.stdout, "%s  %d segments  %d records  %s  head %s\n", v.Day, v.Segments, v.Records, state, v.Head); err != nil {
			return err
		}
	}
	if damage != "" {
		return errors.New("journal: " + damage)
	}
	return nil
}

func journalPurge(ctx context.Context, e env, args []string) error {
	f := flags(e, "journal purge", "Destroys the keys of days that are more than seven days ago, as a running server does by itself.")
	var p place
	p.flags(f)
	if err := parse(e, f, args); err != nil {
		return err
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	gone, err := journal.Purge(cfg.Server.Data, cfg.Vault(), time.Now())
	for _, day := range gone {
		fmt.Fprintf(e.stdout, "destroyed the key of %s\n", day)
		err = errors.Join(err, note(ctx, cfg, s, trail.Record{What: trail.JournalDue, Result: trail.OK}, e))
	}
	if err == nil && len(gone) == 0 {
		_, err = fmt.Fprintln(e.stdout, "nothing is due")
	}
	return err
}

// note writes one record into the access trail.
func note(ctx context.Context, cfg config.Config, s *store.Store, r trail.Record, e env) error {
	return trail.New(s, cfg.Journal.TrailMonths, logger(cfg.Log, e.stderr)).Append(ctx, r)
}

// readSmall reads a file that holds a key or a request.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}
