package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// Request is a manager's demand that one of the three open one day for one purpose. It is
// a JSON file; the signature (Ed25519, RFC 8032) is over its other fields.
type Request struct {
	Version int `json:"version"`
	// Day of UTC, such as 2026-11-05.
	Day     string  `json:"day"`
	Purpose Purpose `json:"purpose"`
	// Recipient is the age public key that may open.
	Recipient string    `json:"recipient"`
	Issued    time.Time `json:"issued"`
	Expires   time.Time `json:"expires"`
	// Nonce makes the request one of a kind: it is good once.
	Nonce string `json:"nonce"`
	// Manager is the public key that signed, Signature what it signed; both in Base64.
	Manager   string `json:"manager"`
	Signature string `json:"signature"`
}

// RequestLife is how old a request may be, whatever it says itself.
const RequestLife = 24 * time.Hour

// ahead is how far the clocks of two machines may differ.
const ahead = 5 * time.Minute

const (
	requestVersion = 1
	requestMost    = 4 << 10 // bytes of a request file
)

// NewRequest makes an unsigned request that is good from now.
func NewRequest(day string, purpose Purpose, recipient string, life time.Duration) (Request, error) {
	if _, err := parseDay(day); err != nil {
		return Request{}, err
	}
	if purpose != Outages && purpose != Billing {
		return Request{}, fmt.Errorf("purpose %q: choose %s or %s; the journal serves nothing else", purpose, Outages, Billing)
	}
	if life <= 0 || life > RequestLife {
		return Request{}, fmt.Errorf("a request is good for at most %s", RequestLife)
	}
	nonce := make([]byte, 18)
	rand.Read(nonce)
	now := time.Now().UTC().Truncate(time.Second)
	return Request{
		Version: requestVersion, Day: day, Purpose: purpose, Recipient: recipient, Issued: now, Expires: now.Add(life),
		Nonce: base64.RawURLEncoding.EncodeToString(nonce),
	}, nil
}

// signed is the text that is signed: a line for each field, none of which may hold the
// end of a line.
func (r Request) signed() []byte {
	return fmt.Appendf(nil, "ekermed journal request %d\nday %s\npurpose %s\nrecipient %s\nissued %s\nexpires %s\nnonce %s\nmanager %s\n",
		r.Version, r.Day, r.Purpose, r.Recipient, r.Issued.UTC().Format(time.RFC3339), r.Expires.UTC().Format(time.RFC3339), r.Nonce, r.Manager)
}

// Sign puts a manager's name and signature under a request.
func (r Request) Sign(key ed25519.PrivateKey) Request {
	r.Manager = ManagerText(key.Public().(ed25519.PublicKey))
	r.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, r.signed()))
	return r
}

// decodeRequest reads a request strictly: nothing unknown, nothing twice the size, no
// field that could be read in two ways. It does not look at the signature.
func decodeRequest(b []byte) (Request, error) {
	var r Request
	if len(b) > requestMost {
		return r, fmt.Errorf("it has more than %d bytes", requestMost)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, errors.New("it is not the JSON that `ekermed-server journal request` writes")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r, errors.New("something follows after the request")
	}
	if r.Version != requestVersion {
		return r, fmt.Errorf("it is of version %d; this program reads version %d", r.Version, requestVersion)
	}
	if _, err := parseDay(r.Day); err != nil {
		return r, err
	}
	for _, f := range []struct{ name, value, form string }{
		{"purpose", string(r.Purpose), `^[a-z]{1,16}$`},
		{"recipient", r.Recipient, `^age1[a-z0-9]{10,100}$`},
		{"nonce", r.Nonce, `^[A-Za-z0-9_-]{22,64}$`},
		{"manager", r.Manager, `^[A-Za-z0-9+/=]{0,64}$`},
		{"signature", r.Signature, `^[A-Za-z0-9+/=]{0,128}$`},
	} {
		if !regexp.MustCompile(f.form).MatchString(f.value) || strings.Contains(f.value, "\n") {
			return r, fmt.Errorf("its %s is malformed", f.name)
		}
	}
	for _, t := range []time.Time{r.Issued, r.Expires} {
		if t.Nanosecond() != 0 || t.Year() < 2000 || t.Year() > 9999 {
			return r, errors.New("its times must be whole seconds")
		}
	}
	return r, nil
}

// signature checks who signed: one of the managers' public keys.
func (r Request) signature(managers []string) Result {
	if r.Signature == "" || r.Manager == "" {
		return Unsigned
	}
	sig, err := base64.StdEncoding.DecodeString(r.Signature)
	if err != nil {
		return Forged
	}
	for _, m := range managers {
		key, err := ParseManager(m)
		if err == nil && ManagerText(key) == r.Manager && ed25519.Verify(key, r.signed(), sig) {
			return Opened
		}
	}
	return Forged
}

// fresh checks the times.
func (r Request) fresh(now time.Time) bool {
	return !now.Before(r.Issued.Add(-ahead)) && now.Before(r.Issued.Add(RequestLife)) && now.Before(r.Expires)
}

// ManagerText writes a manager's public key as journal.managers has it.
func ManagerText(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ParseManager reads what ManagerText wrote.
func ParseManager(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is not a manager's public key; `ekermed-server journal keygen` makes one", s)
	}
	return b, nil
}

// pemType is that of RFC 7468 for PKCS #8.
const pemType = "PRIVATE KEY"

// NewManagerKey makes a manager's key: the file's text, and the public key.
func NewManagerKey() (file []byte, public string, err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, "", err
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), ManagerText(pub), nil
}

// ParseManagerKey reads the file of a manager's key.
func ParseManagerKey(file []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(file)
	if block == nil || block.Type != pemType {
		return nil, errors.New("it is no private key (PEM); `ekermed-server journal keygen` makes one")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("its private key cannot be read: %w", err)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("its private key is not an Ed25519 one; `ekermed-server journal keygen` makes one")
	}
	return private, nil
}
