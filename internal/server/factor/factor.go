// Package factor is the second factor of a sign-in: codes of six digits that change every
// 30 seconds (TOTP, RFC 6238), and recovery codes for when the telephone is lost.
//
// A secret that makes codes has to be readable to check them, so it cannot be hashed as a
// password is. It is encrypted under a key that lies in a file beside the database:
// whoever copies the database alone has no codes (docs/decisions/0019).
package factor

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"ekermed.example/ekermed/internal/server/keyfile"
)

// The shape of codes, as every program for telephones knows it.
const (
	period = 30 // seconds
	skew   = 1  // steps to each side that are taken too
	digits = otp.DigitsSix
	hash   = otp.AlgorithmSHA1

	secretSize = 20 // bytes, as RFC 4226 section 4 recommends
)

// file is where the key lies in the data folder.
const file = "second-factor.key"

// Key encrypts secrets. The zero Key does not.
type Key struct{ key []byte }

// LogValue keeps the key out of logs.
func (Key) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// Load reads the key of a data folder, and makes one the first time.
func Load(dir string) (Key, error) {
	key, err := keyfile.Load(dir, file, "key of the second factors", "enrol everybody anew with `user totp`")
	return Key{key}, err
}

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts an account's secret. It cannot be opened as another account's.
func (k Key) Seal(account, secret string) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, fmt.Errorf("key of the second factors: %w", err)
	}
	return aead.Seal(nil, nil, []byte(secret), []byte(account)), nil
}

// Open is the secret again.
func (k Key) Open(account string, sealed []byte) (string, error) {
	aead, err := k.aead()
	if err != nil {
		return "", fmt.Errorf("key of the second factors: %w", err)
	}
	secret, err := aead.Open(nil, nil, sealed, []byte(account))
	if err != nil {
		return "", fmt.Errorf("a second factor cannot be read with %s; restore that file from a backup, or enrol the account anew with `user totp`", file)
	}
	return string(secret), nil
}

// NewSecret makes a secret in base32, as programs for telephones take it.
func NewSecret() string {
	b := make([]byte, secretSize)
	rand.Read(b)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// URI is what a telephone scans (the otpauth key URI format).
func URI(issuer, email, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {fmt.Sprint(period)}}
	// Programs read %20 and not the plus sign.
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(email) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// Match finds the time step that a code belongs to: the present one, or one beside it.
func Match(secret, code string, now time.Time) (step int64, ok bool) {
	here := now.Unix() / period
	for _, near := range []int64{here, here - skew, here + skew} {
		want, err := hotp.GenerateCodeCustom(secret, uint64(near), hotp.ValidateOpts{Digits: digits, Algorithm: hash})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = near, true
		}
	}
	return step, ok
}

// Code is the code of a moment.
func Code(secret string, now time.Time) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(now.Unix()/period), hotp.ValidateOpts{Digits: digits, Algorithm: hash})
}

// RecoveryCodes is how many an account gets.
const RecoveryCodes = 10

// recoveryAlphabet is read aloud and typed without mistakes; 16 of its 32 signs are 80 bits.
const recoveryAlphabet = "abcdefghjkmnpqrstuvwxyz023456789"

// NewRecovery makes recovery codes, in groups of four.
func NewRecovery() []string {
	list := make([]string, RecoveryCodes)
	for i := range list {
		b := make([]byte, 10)
		rand.Read(b)
		s := base32.NewEncoding(recoveryAlphabet).WithPadding(base32.NoPadding).EncodeToString(b)
		list[i] = s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
	}
	return list
}

// Plain is what was typed without what people add: spaces and hyphens, capitals. Six digits
// may be a code, anything else a recovery code.
func Plain(typed string) (code string, recovery bool) {
	code = strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' || r == '\u202f' || r == '\t' {
			return -1
		}
		return r
	}, typed))
	return code, len(code) != int(digits) || strings.Trim(code, "0123456789") != ""
}

// Hash is how a recovery code is kept: 80 random bits need no slow hash.
func Hash(typed string) []byte {
	code, _ := Plain(typed)
	sum := sha256.Sum256([]byte("ekermed recovery code\x00" + code))
	return sum[:]
}
