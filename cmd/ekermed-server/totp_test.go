package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/qr"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/access"
	"ekermed.example/ekermed/internal/server/factor"
	"ekermed.example/ekermed/internal/server/store"
)

// What `user totp` prints signs its account in, once each; --remove ends that.
func TestTOTP(t *testing.T) {
	data := t.TempDir()
	add(t, data, email)
	totp := func(args ...string) outcome {
		return try(t, "", nil, append([]string{"user", "totp", "--data", data}, args...)...)
	}
	totp().sentence(t, "no account named", exitUsage, "--email")
	totp("--email", "none@h.example").sentence(t, "no such account", exitFail, "none@h.example", "user list")
	totp("--email", email, "--remove").sentence(t, "nothing to remove", exitFail, "no second factor")
	o := totp("--email", email)
	line, _, _ := strings.Cut(o.stdout, "\n")
	u, err := url.Parse(line)
	recovery := regexp.MustCompile(`(?m)^  ([a-z0-9]{4}(?:-[a-z0-9]{4}){3})$`).FindAllStringSubmatch(o.stdout, -1)
	if o.code != exitOK || err != nil || u.Scheme != "otpauth" || !strings.HasSuffix(u.Path, ":"+email) || len(recovery) != factor.RecoveryCodes {
		t.Fatalf("%+v %v", o, err)
	}
	sign := func(code string) error {
		t.Helper()
		s, err := store.Open(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		key, err := factor.Load(data)
		if err != nil {
			t.Fatal(err)
		}
		_, err = access.New(access.Options{Accounts: s, Factors: s, Key: key, Session: time.Hour, Now: time.Now}).
			SignIn(t.Context(), wire.SignIn{Email: email, Password: password, Code: code}, "s")
		return err
	}
	code, err := factor.Code(u.Query().Get("secret"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if sign("") == nil || sign(code) != nil || sign(code) == nil || sign(recovery[0][1]) != nil || sign(recovery[0][1]) == nil {
		t.Error("the codes that were printed do not work, or work twice")
	}
	raw, err := os.ReadFile(filepath.Join(data, "ekermed.db"))
	if err != nil || strings.Contains(string(raw), u.Query().Get("secret")) || strings.Contains(string(raw), recovery[1][1]) {
		t.Errorf("the database holds a secret in clear (%v)", err)
	}
	if o := totp("--email", email, "--remove"); o.code != exitOK || sign("") != nil {
		t.Errorf("%+v", o)
	}
	if o := try(t, "", nil, "trail", "show", "--data", data); !strings.Contains(o.stdout, "second_factor_set") || !strings.Contains(o.stdout, "second_factor_removed") {
		t.Errorf("not in the trail: %s", o.stdout)
	}
}

// The picture has the modules of the code, light and dark, with its quiet zone.
func TestQR(t *testing.T) {
	const text = "otpauth://totp/e-KerMed:anne%40h.example?secret=ABC"
	drawn, err := drawQR(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(drawn, "\n"), "\n")
	n := code.Bounds().Dx()
	for y := -4; y < n+4; y++ {
		row := []rune(lines[(y+4)/2])
		if len(row) != n+8 {
			t.Fatalf("row %d has %d modules", y, len(row))
		}
		for x := -4; x < n+4; x++ {
			light := true
			if x >= 0 && y >= 0 && x < n && y < n {
				r, _, _, _ := code.At(x, y).RGBA()
				light = r > 0
			}
			shown := row[x+4] == '█' || row[x+4] == '▀' && (y+4)%2 == 0 || row[x+4] == '▄' && (y+4)%2 == 1
			if shown != light {
				t.Fatalf("module %d, %d is light %v", x, y, shown)
			}
		}
	}
}

// Guests of the command line get links of their own.
func TestInviteAlso(t *testing.T) {
	data := t.TempDir()
	add(t, data, email)
	if err := os.WriteFile(filepath.Join(data, marker), []byte(`{"local":"http://localhost:1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	to := []string{"invite", "--data", data, "--clinician", email, "--patient-email", "p@x.example"}
	o := try(t, "", nil, append(to, "--json", "--also", "interpreter:Inès: the second:ines@x.example", "--also", "observer:Ana:ana@x.example")...)
	var got invited
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || len(got.Guests) != 2 || got.Guests[0].Name != "Inès: the second" ||
		got.Guests[1].Role != wire.RoleObserver || !strings.HasPrefix(got.Guests[1].Link, "http://localhost:1/r/") || got.Guests[1].Link == got.Link {
		t.Fatalf("%+v %v", o, err)
	}
	file, _ := strings.CutPrefix(got.Guests[0].Mail, "outbox ")
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), "ines@x.example") || strings.Contains(string(raw), "p@x.example") {
		t.Errorf("the mail of a guest: %v", err)
	}
	for _, bad := range []string{"boss:A:a@x.example", "patient:A:a@x.example", "observer", "observer:a@x.example"} {
		if o := try(t, "", nil, append(to, "--also", bad)...); o.code != exitUsage || !strings.Contains(o.stderr, "ROLE:NAME:EMAIL") {
			t.Errorf("%s: %+v", bad, o)
		}
	}
	try(t, "", nil, append(to, "--also", "observer:Ana:nobody")...).sentence(t, "no address", exitFail, "nobody")
}
