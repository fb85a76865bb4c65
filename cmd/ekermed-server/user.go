package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/alias"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

func user(ctx context.Context, e env, args []string) error {
	const about = "usage: ekermed-server user add|list|disable|reset|totp [--help] [flags]"
	if len(args) == 0 {
		return usageError{about}
	}
	switch args[0] {
	case "add":
		return userAdd(ctx, e, args[1:])
	case "list":
		return userList(ctx, e, args[1:])
	case "disable":
		return userChange(ctx, e, "disable", args[1:])
	case "reset":
		return userChange(ctx, e, "reset", args[1:])
	case "totp":
		return userTOTP(ctx, e, args[1:])
	case "-h", "-help", "--help":
		fmt.Fprintln(e.stdout, about)
		return nil
	}
	return usageError{fmt.Sprintf("user %q is not a command; %s", args[0], about)}
}

func userAdd(ctx context.Context, e env, args []string) error {
	f := flags(e, "user add --email E --name N --role clinician|admin [--password-stdin]", "Adds an account. Without --password-stdin the password is asked for.")
	var p place
	p.flags(f)
	email := f.String("email", "", "mail address, the sign-in name")
	name := f.String("name", "", "name as patients see it")
	role := f.String("role", "clinician", "clinician or admin")
	fromStdin := f.Bool("password-stdin", false, "read the password from standard input")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *email == "" || *name == "" {
		return usageError{"user add needs --email and --name"}
	}
	password, err := readPassword(e, *fromStdin)
	if err != nil {
		return err
	}
	account, err := access.NewAccount(*email, *name, *role, password, time.Now())
	if err != nil {
		return err
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.AddAccount(ctx, account); errors.Is(err, store.ErrExists) {
		return fmt.Errorf("an account for %s exists already; `user reset` gives it a new password", account.Email)
	} else if err != nil {
		return err
	}
	if err := noteAccount(ctx, cfg, s, trail.AccountAdded, account.ID, e); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "added %s (%s)\n", account.Email, account.Role)
	return err
}

// noteAccount records what the operator did to an account.
func noteAccount(ctx context.Context, cfg config.Config, s *store.Store, what trail.Action, id string, e env) error {
	names, err := alias.Load(cfg.Server.Data)
	if err != nil {
		return err
	}
	return note(ctx, cfg, s, trail.Record{What: what, Whom: names.Of(alias.Account, id), Result: trail.OK}, e)
}

func userList(ctx context.Context, e env, args []string) error {
	f := flags(e, "user list [--billing]", "Lists the accounts.")
	var p place
	p.flags(f)
	billing := f.Bool("billing", false, "also the number that each has in the journal's billing events")
	if err := parse(e, f, args); err != nil {
		return err
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	accounts, err := s.Accounts(ctx)
	if err != nil {
		return err
	}
	var names alias.Secret
	if *billing {
		if names, err = alias.Load(cfg.Server.Data); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	for _, a := range accounts {
		state := "active"
		if a.Disabled {
			state = "disabled"
		}
		if *billing {
			state += "\t" + names.Of(alias.Billing, a.ID).String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.Email, a.Name, a.Role, state)
	}
	return w.Flush()
}

// userChange disables an account or gives it a new password; both end its sessions.
func userChange(ctx context.Context, e env, what string, args []string) error {
	f := flags(e, "user "+what+" --email E", "Ends the account's sessions too.")
	var p place
	p.flags(f)
	email := f.String("email", "", "mail address of the account")
	fromStdin := f.Bool("password-stdin", false, "reset: read the new password from standard input")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *email == "" {
		return usageError{"user " + what + " needs --email"}
	}
	hash := ""
	if what == "reset" {
		password, err := readPassword(e, *fromStdin)
		if err != nil {
			return err
		}
		if hash, err = access.HashPassword(password); err != nil {
			return err
		}
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	done := trail.AccountLocked
	if what == "reset" {
		done = trail.AccountReset
		err = s.SetPassword(ctx, *email, hash)
	} else {
		err = s.DisableAccount(ctx, *email)
	}
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no account for %s; `user list` shows those there are", *email)
	}
	if err != nil {
		return err
	}
	account, err := s.AccountByEmail(ctx, *email)
	if err == nil {
		err = noteAccount(ctx, cfg, s, done, account.ID, e)
	}
	if err == nil {
		_, err = fmt.Fprintf(e.stdout, "%s: %s done\n", *email, what)
	}
	return err
}

func readPassword(e env, fromStdin bool) (string, error) {
	terminal, ok := e.stdin.(*os.File)
	if fromStdin || !ok || !term.IsTerminal(int(terminal.Fd())) {
		if !fromStdin {
			return "", usageError{"no terminal to ask the password on; give it with --password-stdin"}
		}
		line, err := bufio.NewReader(io.LimitReader(e.stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprint(e.stderr, "password: ")
	b, err := term.ReadPassword(int(terminal.Fd()))
	fmt.Fprintln(e.stderr)
	return string(b), err
}
