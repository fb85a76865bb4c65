package mail

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Options configure a Mailer.
type Options struct {
	Sender Sender
	// SMTP is host:port; empty writes to Dir/outbox.
	SMTP               string
	Security           string // starttls, tls or none
	Username, Password string
	// Dir is the data folder: Dir/outbox holds mails of a server without SMTP, and
	// Dir/queue what the SMTP server has not taken yet.
	Dir string
	Log *slog.Logger
	Now func() time.Time
}

// Mailer delivers invitations.
type Mailer struct {
	o  Options
	mu sync.Mutex // one walk through the queue at a time
}

// giveUp is how long a mail is tried for; retryEvery is how often.
const (
	giveUp     = 24 * time.Hour
	retryEvery = time.Minute
	dialLimit  = 5 * time.Second
)

// New makes a Mailer.
func New(o Options) *Mailer { return &Mailer{o: o} }

// Send delivers a mail. It answers "sent", "queued" when the SMTP server did not take
// it yet, or "outbox FILE".
func (m *Mailer) Send(ctx context.Context, in Invitation) (string, error) {
	msg, err := m.o.Sender.compose(in, m.o.Now())
	if err != nil {
		return "", err
	}
	if m.o.SMTP == "" {
		path, err := m.keep("outbox", ".eml", func(f *os.File) error { _, err := msg.WriteTo(f); return err })
		return "outbox " + path, err
	}
	err = m.deliver(ctx, msg)
	switch {
	case err == nil:
		return "sent", nil
	case forGood(err):
		m.o.Log.Error("mail refused", "appointment", in.ID, "error", plain(err))
		return "", errRefused
	}
	m.o.Log.Warn("mail not taken yet", "appointment", in.ID, "error", plain(err))
	_, err = m.keep("queue", ".json", func(f *os.File) error { return json.NewEncoder(f).Encode(in) })
	return "queued", err
}

var errRefused = errors.New("the SMTP server refuses this mail for good; check the address and the sender's rights")

// forGood tells a permanent refusal of this mail (RFC 5321 section 4.2.1): trying again
// would only cost the sender its reputation.
func forGood(err error) bool {
	var send *gomail.SendError
	return errors.As(err, &send) && send.ErrorCode()/100 == 5
}

// plain keeps addresses out of the log: an SMTP server's words may repeat them.
func plain(err error) string {
	var send *gomail.SendError
	if errors.As(err, &send) {
		return "the SMTP server answered " + strconv.Itoa(send.ErrorCode())
	}
	return "the SMTP server cannot be reached or refused the sign-in"
}

func (m *Mailer) deliver(ctx context.Context, msg *gomail.Msg) error {
	host, port, err := net.SplitHostPort(m.o.SMTP)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	options := []gomail.Option{gomail.WithPort(number), gomail.WithTimeout(dialLimit)}
	switch m.o.Security {
	case "tls":
		options = append(options, gomail.WithSSL())
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if m.o.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.o.Username), gomail.WithPassword(m.o.Password))
	}
	client, err := gomail.NewClient(host, options...)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second) // less than a desktop waits
	defer cancel()
	return client.DialAndSendWithContext(ctx, msg)
}

// keep writes a file whole or not at all.
func (m *Mailer) keep(folder, ending string, write func(*os.File) error) (string, error) {
	dir := filepath.Join(m.o.Dir, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("mail %s: %w", folder, err)
	}
	random := make([]byte, 4)
	rand.Read(random)
	path := filepath.Join(dir, m.o.Now().UTC().Format("20060102T150405.000000")+"-"+hex.EncodeToString(random)+ending)
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("mail %s: %w", folder, err)
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("mail %s: %w", folder, err), os.Remove(path+".part"))
	}
	return path, nil
}

// Run tries the queue again every minute until ctx ends.
func (m *Mailer) Run(ctx context.Context) error {
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		m.Retry(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Retry tries everything in the queue once; it answers how many are left.
func (m *Mailer) Retry(ctx context.Context) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.o.SMTP == "" {
		return 0
	}
	paths, err := filepath.Glob(filepath.Join(m.o.Dir, "queue", "*.json"))
	if err != nil {
		return 0
	}
	left := 0
	for _, path := range paths {
		if err := m.again(ctx, path); err != nil {
			m.o.Log.Warn("mail in the queue", "error", plain(err))
			left++
		}
	}
	return left
}

func (m *Mailer) again(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var in Invitation
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if m.o.Now().Sub(info.ModTime()) > giveUp || m.o.Now().After(in.Start.Add(in.Length)) {
		m.o.Log.Error("mail given up", "appointment", in.ID)
		return os.Remove(path)
	}
	msg, err := m.o.Sender.compose(in, m.o.Now())
	if err != nil {
		return err
	}
	if err := m.deliver(ctx, msg); forGood(err) {
		m.o.Log.Error("mail given up", "appointment", in.ID, "error", plain(err))
	} else if err != nil {
		return err
	}
	return os.Remove(path)
}
