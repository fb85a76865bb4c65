package edge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pair writes a self-signed certificate and a key, and gives the paths.
func pair(t *testing.T, key crypto.Signer, with x509.SignatureAlgorithm, until time.Time) (certificate, private string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"localhost"},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until, SignatureAlgorithm: with,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, private = filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(
		os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return certificate, private
}

func rsaKey(t *testing.T, bits int) crypto.Signer {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ecKey(t *testing.T, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// R43: what is too weak stops the start, with the key of the configuration and the
// remedy.
func TestLoad(t *testing.T) {
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(time.Hour)
	p256, p224, good := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P224()), rsaKey(t, 2048)
	for _, tt := range []struct {
		name  string
		key   crypto.Signer
		with  x509.SignatureAlgorithm
		until time.Time
		words []string // none: taken
	}{
		{"EC P-256", p256, x509.ECDSAWithSHA256, soon, nil},
		{"RSA 2048", good, x509.SHA256WithRSA, soon, nil},
		{"RSA 2048, PSS", good, x509.SHA256WithRSAPSS, soon, nil},
		{"RSA 1024", rsaKey(t, 1024), x509.SHA256WithRSA, soon, []string{"1024 bits", "2048 bits or more"}},
		{"EC P-224", p224, x509.ECDSAWithSHA256, soon, []string{"224 bits", "256 bits or more"}},
		{"SHA-1, RSA", good, x509.SHA1WithRSA, soon, []string{"SHA1", "get one signed with SHA-256"}},
		{"SHA-1, EC", p256, x509.ECDSAWithSHA1, soon, []string{"SHA1", "get one signed with SHA-256"}},
		{"expired", p256, x509.ECDSAWithSHA256, time.Now().Add(-time.Hour), []string{"expired on " + time.Now().Add(-time.Hour).UTC().Format(time.DateOnly), "renew it"}},
		{"Ed25519", edwards, x509.PureEd25519, soon, []string{"browsers do not take", "RSA or EC"}},
	} {
		certificate, private := pair(t, tt.key, tt.with, tt.until)
		got, err := Load(certificate, private)
		if tt.words == nil {
			if err != nil || got.Leaf == nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		says(t, tt.name, err, append(tt.words, "server.certificate", certificate)...)
	}
}

func TestLoadWhatCannotBeRead(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	certificate, private := pair(t, ecKey(t, elliptic.P256()), x509.ECDSAWithSHA256, soon)
	_, other := pair(t, ecKey(t, elliptic.P256()), x509.ECDSAWithSHA256, soon)
	none := filepath.Join(t.TempDir(), "none.pem")
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ certificate, key, word string }{
		"no such certificate": {none, private, "no such file"}, "no such key": {certificate, none, "no such file"},
		"another one's key": {certificate, other, "does not match"}, "the wrong way round": {private, certificate, "PEM"},
		"no PEM": {text, private, "PEM"}, "a folder": {t.TempDir(), private, "is a directory"}, "nothing": {"", "", "no such file"},
	} {
		_, err := Load(tt.certificate, tt.key)
		says(t, name, err, "server.certificate", "server.key", tt.certificate, tt.key, tt.word, "check that both files exist", "belong together")
	}
}

func TestSelfSignedIsTaken(t *testing.T) {
	got, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(got.Leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if _, err := got.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: pool}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := got.Leaf.Verify(x509.VerifyOptions{DNSName: "visio.example", Roots: pool}); err == nil {
		t.Error("good for any name")
	}
	if err := check(got); err != nil {
		t.Error(err)
	}
}

// check writes a certificate to files and loads it.
func check(c tls.Certificate) error {
	dir, err := os.MkdirTemp("", "edge")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	raw, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return err
	}
	certificate, private := filepath.Join(dir, "c"), filepath.Join(dir, "k")
	if err := errors.Join(
		os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600),
		os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600)); err != nil {
		return err
	}
	_, err = Load(certificate, private)
	return err
}

// says checks that an error is one sentence with all of these words.
func says(t *testing.T, name string, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s was taken", name)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q does not say %q", name, err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %q has more than one line", name, err)
	}
}
