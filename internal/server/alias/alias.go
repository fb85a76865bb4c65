// Package alias gives people, accounts and rooms names that say nothing: the same one
// gets the same name each time, and without the secret nobody finds out whose it is.
package alias

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log/slog"

	"ekermed.example/ekermed/internal/server/keyfile"
)

// Alias is a name of 80 bits; the zero Alias means nobody.
type Alias [10]byte

// String writes an alias as 16 lower-case letters and digits; none is empty.
func (a Alias) String() string {
	if a == (Alias{}) {
		return ""
	}
	return coding().EncodeToString(a[:])
}

// Parse reads what String wrote.
func Parse(s string) (Alias, error) {
	var a Alias
	if s == "" {
		return a, nil
	}
	b, err := coding().DecodeString(s)
	if err != nil || len(b) != len(a) || coding().EncodeToString(b) != s {
		return a, fmt.Errorf("%q is no alias: one has 16 letters and digits", s)
	}
	copy(a[:], b)
	return a, nil
}

func coding() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// Domain keeps apart what has the same id in different lists, so that no list can be
// laid beside another.
type Domain string

// The domains.
const (
	Account Domain = "account" // who signs in
	Name    Domain = "name"    // what was given as a sign-in name, known or not
	Person  Domain = "person"  // a participant of one consultation
	Room    Domain = "room"    // an appointment's room
	Key     Domain = "key"     // a public key that opens the journal or asks for it
	Billing Domain = "billing" // an account, on an invoice
)

// Secret makes aliases. The zero Secret makes none.
type Secret struct{ key []byte }

// LogValue keeps the secret out of logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// file is where the secret lies in the data folder.
const file = "alias.key"

// Load reads the secret of a data folder, and makes one the first time. Whoever removes
// it makes all earlier aliases meaningless, which is the way to forget everybody at once.
func Load(dir string) (Secret, error) {
	key, err := keyfile.Load(dir, file, "secret of the pseudonyms", "the pseudonyms begin anew")
	return Secret{key}, err
}

// Of is the alias of an id (HMAC-SHA256, cut to 80 bits); an empty id has none.
func (s Secret) Of(d Domain, id string) Alias {
	var a Alias
	if id == "" || s.key == nil {
		return a
	}
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(d))
	mac.Write([]byte{0})
	mac.Write([]byte(id))
	copy(a[:], mac.Sum(nil))
	return a
}
