package factor

import (
	"bytes"
	"encoding/base32"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The test vectors of RFC 6238, appendix B, for SHA-1; their eight digits end in our six.
func TestVectors(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		now := time.Unix(at, 0)
		if code, err := Code(secret, now); err != nil || code != want[2:] {
			t.Errorf("at %d: %s %v, want %s", at, code, err, want[2:])
		}
		for away, ok := range map[time.Duration]bool{0: true, -30 * time.Second: true, 30 * time.Second: true, -60 * time.Second: false, 60 * time.Second: false} {
			if now.Add(away).Unix() < 0 {
				continue
			}
			step, got := Match(secret, want[2:], now.Add(away))
			if got != ok || ok && step != at/30 {
				t.Errorf("at %d, %s away: step %d, %v", at, away, step, got)
			}
		}
	}
	for _, wrong := range []string{"", "12345", "1234567", "abcdef", "94287082"} {
		if _, ok := Match(secret, wrong, time.Unix(59, 0)); ok {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// What is in the database is of no use without the file, nor as somebody else's.
func TestSealing(t *testing.T) {
	dir := t.TempDir()
	key, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	secret := NewSecret()
	sealed, err := key.Seal("anne", secret)
	if err != nil || bytes.Contains(sealed, []byte(secret)) {
		t.Fatalf("%q %v", sealed, err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open("anne", sealed); err != nil || got != secret {
		t.Errorf("%q %v", got, err)
	}
	if _, err := again.Open("bob", sealed); err == nil {
		t.Error("opened as another account's")
	}
	other, err := Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open("anne", sealed); err == nil || !strings.Contains(err.Error(), "user totp") {
		t.Errorf("opened with another key, or no remedy: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil {
		t.Error("a damaged key was taken")
	}
}

func TestWhatIsShown(t *testing.T) {
	u, err := url.Parse(URI("e-KerMed Cabinet du Port", "anne@h.example", "JBSWY3DPEHPK3PXP"))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/e-KerMed Cabinet du Port:anne@h.example" ||
		u.Query().Get("issuer") != "e-KerMed Cabinet du Port" || u.Query().Get("secret") != "JBSWY3DPEHPK3PXP" || strings.Contains(u.RawQuery, "+") {
		t.Errorf("%v %v", u, err)
	}
	codes := NewRecovery()
	seen := map[string]bool{}
	for _, c := range codes {
		seen[c] = true
		if _, recovery := Plain(c); len(c) != 19 || !recovery || !bytes.Equal(Hash(c), Hash(" "+strings.ToUpper(strings.ReplaceAll(c, "-", " ")))) {
			t.Errorf("%q", c)
		}
	}
	if len(seen) != RecoveryCodes {
		t.Errorf("%d codes", len(seen))
	}
	if code, recovery := Plain(" 123 456 "); code != "123456" || recovery {
		t.Errorf("%q %v", code, recovery)
	}
}
