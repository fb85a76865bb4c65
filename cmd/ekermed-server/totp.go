package main

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"golang.org/x/term"

	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/store"
	"ekermed.example/ekermed/internal/server/trail"
)

// userTOTP gives an account a second factor, or takes it away.
func userTOTP(ctx context.Context, e env, args []string) error {
	f := flags(e, "user totp --email E [--remove] [--qr]", "Gives an account a second factor: shows, this once, what the telephone scans and ten recovery\ncodes. An earlier one is replaced. Ends the account's sessions.")
	var p place
	p.flags(f)
	email := f.String("email", "", "mail address of the account")
	remove := f.Bool("remove", false, "take the second factor away")
	picture := f.Bool("qr", false, "draw the QR code also when this is no terminal")
	if err := parse(e, f, args); err != nil {
		return err
	}
	if *email == "" {
		return usageError{"user totp needs --email"}
	}
	s, cfg, _, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer s.Close()
	account, err := s.AccountByEmail(ctx, *email)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no account for %s; `user list` shows those there are", *email)
	}
	if err != nil {
		return err
	}
	if *remove {
		return dropFactor(ctx, e, cfg, s, account)
	}
	key, err := factor.Load(cfg.Server.Data)
	if err != nil {
		return err
	}
	secret, recovery := factor.NewSecret(), factor.NewRecovery()
	sealed, err := key.Seal(account.ID, secret)
	if err != nil {
		return err
	}
	hashes := make([][]byte, len(recovery))
	for i, code := range recovery {
		hashes[i] = factor.Hash(code)
	}
	if err := s.SetFactor(ctx, store.Factor{Account: account.ID, Secret: sealed, Created: time.Now()}, hashes); err != nil {
		return err
	}
	if err := noteAccount(ctx, cfg, s, trail.FactorSet, account.ID, e); err != nil {
		return err
	}
	return showFactor(e, factor.URI(issuer(cfg), account.Email, secret), recovery, *picture || isTerminal(e.stdout))
}

func dropFactor(ctx context.Context, e env, cfg config.Config, s *store.Store, account store.Account) error {
	err := s.RemoveFactor(ctx, account.ID)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s has no second factor", account.Email)
	}
	if err == nil {
		err = noteAccount(ctx, cfg, s, trail.FactorRemoved, account.ID, e)
	}
	if err == nil {
		_, err = fmt.Fprintf(e.stdout, "%s: second factor removed\n", account.Email)
	}
	return err
}

// issuer is what the telephone shows beside the codes.
func issuer(cfg config.Config) string {
	if cfg.Practice.Name != "" {
		return "e-KerMed " + cfg.Practice.Name
	}
	if u, err := url.Parse(cfg.Server.URL); err == nil && u.Host != "" {
		return "e-KerMed " + u.Host
	}
	return "e-KerMed"
}

func showFactor(e env, uri string, recovery []string, picture bool) error {
	var b strings.Builder
	if picture {
		code, err := drawQR(uri)
		if err != nil {
			return err
		}
		b.WriteString(code + "\n")
	}
	b.WriteString(uri + "\n\nRecovery codes, each for one sign-in without the telephone; they are shown this once:\n")
	for _, code := range recovery {
		b.WriteString("  " + code + "\n")
	}
	_, err := io.WriteString(e.stdout, b.String())
	return err
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// drawQR writes a QR code as text, two rows of modules a line, light on dark with the
// quiet zone that scanners need (ISO/IEC 18004: four modules).
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("drawing the QR code: %w", err)
	}
	const quiet = 4
	n := code.Bounds().Dx()
	light := func(x, y int) bool {
		if x < 0 || y < 0 || x >= n || y >= n {
			return y < n+quiet
		}
		return color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y > 127
	}
	var b strings.Builder
	for y := -quiet; y < n+quiet; y += 2 {
		for x := -quiet; x < n+quiet; x++ {
			switch up, down := light(x, y), light(x, y+1); {
			case up && down:
				b.WriteRune('█')
			case up:
				b.WriteRune('▀')
			case down:
				b.WriteRune('▄')
			default:
				b.WriteRune(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
