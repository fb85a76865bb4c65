package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/server/store"
)

// MinPassword is the shortest password taken, in characters (ANSSI and NIST SP
// 800-63B ask for length, not for kinds of characters).
const MinPassword = 10

// SignIn opens a session. A wrong password and an unknown account get the same
// answer after the same work.
func (a *Access) SignIn(ctx context.Context, in wire.SignIn, source string) (wire.Session, error) {
	email := strings.ToLower(strings.TrimSpace(in.Email))
	s, account, err := a.signIn(ctx, email, in, source)
	a.tell(Event{Act: ActSignIn, Account: account, Name: email}, err)
	return s, err
}

// signIn also tells the id of the account, when there is one of this name.
func (a *Access) signIn(ctx context.Context, email string, in wire.SignIn, source string) (wire.Session, string, error) {
	if len(email) > 254 || len(in.Password) > 1024 {
		return wire.Session{}, "", refuse(wire.CodeCredentials, "wrong address or password")
	}
	if wait := max(a.accounts.take(email), a.sources.take(source)); wait > 0 {
		return wire.Session{}, "", &Refusal{Code: wire.CodeSlowDown, Text: "too many tries", Wait: wait}
	}
	account, err := a.o.Accounts.AccountByEmail(ctx, email)
	known := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return wire.Session{}, "", err
	}
	if !known {
		account.Password = nobody
	}
	select { // hashing is heavy on purpose: only so many at a time
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return wire.Session{}, "", ctx.Err()
	}
	right := verify(account.Password, in.Password)
	<-a.hashing
	if !known || !right || account.Disabled {
		return wire.Session{}, account.ID, refuse(wire.CodeCredentials, "wrong address or password")
	}
	if err := a.second(ctx, account, in.Code); err != nil {
		return wire.Session{}, account.ID, err
	}
	a.accounts.forgive(email)
	token, expires := newToken(), a.o.Now().Add(a.o.Session)
	if err := a.o.Accounts.AddSession(ctx, hash(token), account.ID, expires); err != nil {
		return wire.Session{}, account.ID, err
	}
	if err := a.o.Accounts.TouchSession(ctx, hash(token), a.o.Now()); err != nil {
		return wire.Session{}, account.ID, err
	}
	return wire.Session{Token: token, Name: account.Name, Email: account.Email, Role: wire.RoleClinician, Expires: unix(expires)}, account.ID, nil
}

// Session finds who holds a session token. Asking is not doing: only Active keeps a session
// from lapsing.
func (a *Access) Session(ctx context.Context, token string) (store.Account, time.Time, error) {
	now := a.o.Now()
	s, err := a.o.Accounts.Session(ctx, hash(token), now)
	if errors.Is(err, store.ErrNotFound) {
		return s.Account, s.Expires, refuse(wire.CodeSession, "not signed in, or the session has ended")
	}
	if err != nil {
		return s.Account, s.Expires, err
	}
	if a.lapsed(s, now) {
		err := a.o.Accounts.EndSession(ctx, hash(token)) // for good, whatever the clock does
		if err == nil {
			err = refuse(wire.CodeIdle, "the session lapsed because nobody was at the desk")
		}
		a.tell(Event{Act: ActLapse, Account: s.Account.ID}, err)
		return store.Account{}, time.Time{}, err
	}
	if s.Seen.IsZero() { // a session of before sessions lapsed
		err = a.o.Accounts.TouchSession(ctx, hash(token), now)
	}
	return s.Account, s.Expires, err
}

// Active is Session for somebody who is doing something.
func (a *Access) Active(ctx context.Context, token string) (store.Account, time.Time, error) {
	account, expires, err := a.Session(ctx, token)
	if err == nil {
		err = a.o.Accounts.TouchSession(ctx, hash(token), a.o.Now())
	}
	return account, expires, err
}

// SignOut ends a session.
func (a *Access) SignOut(ctx context.Context, token string) error {
	s, known := a.o.Accounts.Session(ctx, hash(token), a.o.Now())
	err := a.o.Accounts.EndSession(ctx, hash(token))
	if known == nil {
		a.tell(Event{Act: ActSignOut, Account: s.Account.ID}, err)
	}
	return err
}

// NewAccount checks and makes an account, ready for the store.
func NewAccount(email, name, role, password string, now time.Time) (store.Account, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if err := CheckEmail(email); err != nil {
		return store.Account{}, err
	}
	if role != "clinician" && role != "admin" {
		return store.Account{}, fmt.Errorf("role %q: choose clinician or admin", role)
	}
	if name = Clean(name); name == "" || utf8.RuneCountInString(name) > wire.MaxName {
		return store.Account{}, fmt.Errorf("name %q: write 1 to %d characters on one line", name, wire.MaxName)
	}
	h, err := HashPassword(password)
	return store.Account{ID: newID(), Email: email, Name: name, Role: role, Password: h, Created: now}, err
}

// CheckEmail takes a plain address as SMTP can carry it, and nothing that could
// break out of a header.
func CheckEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 || strings.ContainsAny(email, "\r\n <>,;\"") || !strings.Contains(email, ".") {
		return fmt.Errorf("%q is not a mail address such as name@hospital.example", email)
	}
	return nil
}

// The cost of argon2id: RFC 9106's second recommended option, one pass less memory
// than a sign-in could be used to exhaust.
const (
	argonTime, argonMemory, argonThreads = 3, 64 << 10, 2 // passes, KiB, lanes
	argonKey, argonSalt                  = 32, 16         // bytes
)

// nobody is a hash that no password gives, so that an unknown account costs the same.
const nobody = "$argon2id$v=19$m=65536,t=3,p=2$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// HashPassword makes a PHC string of a password of at least MinPassword characters.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < MinPassword {
		return "", fmt.Errorf("the password is too short: write at least %d characters", MinPassword)
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

func verify(phc, password string) bool {
	var version, memory, time, threads int
	var rest string
	if _, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &time, &threads, &rest); err != nil || version != argon2.Version {
		return false
	}
	saltText, keyText, _ := strings.Cut(rest, "$")
	salt, err1 := base64.RawStdEncoding.DecodeString(saltText)
	key, err2 := base64.RawStdEncoding.DecodeString(keyText)
	if err1 != nil || err2 != nil || len(key) == 0 || threads < 1 || threads > 255 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(time), uint32(memory), uint8(threads), uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}
