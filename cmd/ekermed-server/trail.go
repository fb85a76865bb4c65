package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"ekermed.example/ekermed/internal/server/trail"
)

func trailCommand(ctx context.Context, e env, args []string) error {
	const about = "usage: ekermed-server trail show|verify [--help] [flags]"
	if len(args) == 0 {
		return usageError{about}
	}
	switch args[0] {
	case "show":
		return trailShow(ctx, e, args[1:])
	case "verify":
		return trailVerify(ctx, e, args[1:])
	case "-h", "-help", "--help":
		fmt.Fprintln(e.stdout, about)
		return nil
	}
	return usageError{fmt.Sprintf("trail %q is not a command; %s", args[0], about)}
}

func trailShow(ctx context.Context, e env, args []string) error {
	f := flags(e, "trail show [--since 24h|2026-11-05|RFC3339] [--json]",
		"Lists the access trail: when, what, by whom, to whom, in which room, with which result. People, accounts\nand rooms are pseudonyms; times are UTC.")
	var p place
	p.flags(f)
	since := f.String("since", "24h", "how far back: a duration, a day or a time")
	asJSON := f.Bool("json", false, "one JSON object a line")
	if err := parse(e, f, args); err != nil {
		return err
	}
	from, err := parseSince(*since, time.Now())
	if err != nil {
		return usageError{err.Error()}
	}
	s, _, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	if *asJSON {
		out := json.NewEncoder(e.stdout)
		return trail.Each(ctx, s, from, func(l trail.Line) error { return out.Encode(l) })
	}
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	err = trail.Each(ctx, s, from, func(l trail.Line) error {
		result := string(l.Result)
		if l.Count > 0 {
			result = fmt.Sprint(l.Count)
		}
		_, err := fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Seq, l.At.Format(time.RFC3339), l.What, dash(l.Who), dash(l.Whom), dash(l.Room), result)
		return err
	})
	return errors.Join(err, w.Flush())
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func parseSince(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return now, fmt.Errorf("--since %q: write a duration such as 24h, a day such as 2026-11-05 or a time such as 2026-11-05T10:00:00Z", s)
}

func trailVerify(ctx context.Context, e env, args []string) error {
	f := flags(e, "trail verify", "Checks the chain of the access trail and names the first record that is not as it was written.")
	var p place
	p.flags(f)
	if err := parse(e, f, args); err != nil {
		return err
	}
	s, _, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	v, err := trail.Verify(ctx, s)
	if err != nil {
		return err
	}
	if v.Damage != "" {
		return errors.New(v.Damage)
	}
	_, err = fmt.Fprintf(e.stdout, "%d records, from %d on, whole; head %s\n", v.Last-v.First+1, v.First, v.Head)
	return err
}
