package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const smtpUser, smtpPassword = "mailer", "smtp-secret"

// received is one mail as an SMTP server got it.
type received struct {
	user, from string
	to         []string
	raw        []byte
	sealed     bool // TLS was on
}

// office is a real SMTP server.
type office struct {
	address string
	server  *smtp.Server

	mu     sync.Mutex
	got    []received
	refuse *smtp.SMTPError // answers RCPT
	locked bool            // refuses every sign-in
	trusts bool            // asks for none
}

type desk struct {
	office *office
	conn   *smtp.Conn
	mail   received
}

func (o *office) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &desk{office: o, conn: c}, nil
}

func (d *desk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (d *desk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		d.office.mu.Lock()
		defer d.office.mu.Unlock()
		if d.office.locked || user != smtpUser || password != smtpPassword {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password for " + user}
		}
		d.mail.user = user
		return nil
	}), nil
}

func (d *desk) Mail(from string, _ *smtp.MailOptions) error {
	if d.mail.user == "" && !d.office.trusts {
		return smtp.ErrAuthRequired
	}
	d.mail.from = from
	return nil
}

func (d *desk) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.office.mu.Lock()
	defer d.office.mu.Unlock()
	if d.office.refuse != nil {
		return d.office.refuse
	}
	d.mail.to = append(d.mail.to, to)
	return nil
}

func (d *desk) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, d.mail.sealed = d.conn.TLSConnectionState()
	d.office.mu.Lock()
	defer d.office.mu.Unlock()
	d.mail.raw = raw
	d.office.got = append(d.office.got, d.mail)
	return nil
}

func (*desk) Reset()        {}
func (*desk) Logout() error { return nil }

func (o *office) list() []received {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.got
}

// open starts an office at an address; config nil means it has no STARTTLS.
func open(t *testing.T, address string, config *tls.Config) *office {
	t.Helper()
	o := &office{}
	o.server = smtp.NewServer(o)
	o.server.Domain, o.server.TLSConfig, o.server.AllowInsecureAuth = "localhost", config, true
	o.server.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	o.address = l.Addr().String()
	var wg sync.WaitGroup
	wg.Go(func() { _ = o.server.Serve(l) }) // until Close
	t.Cleanup(func() { o.server.Close(); wg.Wait() })
	return o
}

// at is an address under the name that the certificate is for.
func at(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

// certificate writes a pair for localhost and gives its folder.
func certificate(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "cert"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(dir, "key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The Mailer trusts what the system trusts. A test may not change that for its own
// process, so the tests with a real server run in one whose trust is the test's.
func TestSMTP(t *testing.T) {
	dir := certificate(t)
	child := exec.Command(os.Args[0], "-test.run=^TestHelperSMTP$", "-test.v")
	child.Env = append(os.Environ(), "MAIL_SMTP="+dir, "SSL_CERT_FILE="+filepath.Join(dir, "cert"), "SSL_CERT_DIR="+t.TempDir())
	out, err := child.CombinedOutput()
	if err != nil || bytes.Count(out, []byte("--- PASS: TestHelperSMTP/")) < 8 {
		t.Errorf("%v\n%s", err, out)
	}
}

type postOffice struct {
	tls    *tls.Config
	mailer *Mailer
	log    *sink
	dir    string
	ahead  time.Duration
}

// TestHelperSMTP is run by TestSMTP in a process of its own.
func TestHelperSMTP(t *testing.T) {
	dir := os.Getenv("MAIL_SMTP")
	if dir == "" {
		return
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert"), filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]func(*testing.T, *postOffice){
		"Delivers": delivers, "SignInRefused": signInRefused, "Unreachable": unreachable, "NeverInTheClear": neverInTheClear,
		"ForeignCertificate": foreignCertificate, "GivenUp": givenUp, "RefusedForGood": refusedForGood, "OverTLS": overTLS,
	} {
		t.Run(name, func(t *testing.T) {
			p := &postOffice{tls: &tls.Config{Certificates: []tls.Certificate{pair}}, log: &sink{}, dir: t.TempDir()}
			test(t, p)
			namesNobody(t, p.log)
		})
	}
}

// use makes the mailer send to an address.
func (p *postOffice) use(t *testing.T, address string, change func(*Options)) {
	t.Helper()
	o := Options{
		Sender: sender(t), SMTP: address, Security: "starttls", Username: smtpUser, Password: smtpPassword, Dir: p.dir, Log: p.log.logger(),
		Now: func() time.Time { return time.Now().Add(p.ahead) },
	}
	if change != nil {
		change(&o)
	}
	p.mailer = New(o)
}

func (p *postOffice) send(t *testing.T, want string) {
	t.Helper()
	in := invitation(t, "fr")
	in.Start = time.Now().Add(100 * time.Hour)
	how, err := p.mailer.Send(t.Context(), in)
	if err != nil || how != want {
		t.Fatalf("%q %v, want %s", how, err, want)
	}
}

func (p *postOffice) queue(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(p.dir, "queue", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (p *postOffice) queued(t *testing.T, want int) {
	t.Helper()
	list := p.queue(t)
	if len(list) != want {
		t.Fatalf("the queue holds %q, want %d", list, want)
	}
	for _, path := range list {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || !strings.HasSuffix(path, ".json") {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
}

func delivers(t *testing.T, p *postOffice) {
	o := open(t, "127.0.0.1:0", p.tls)
	p.use(t, at(o.address), nil)
	p.send(t, "sent")
	p.queued(t, 0)
	got := o.list()
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	if m := got[0]; m.user != smtpUser || m.from != from || fmt.Sprint(m.to) != "["+to+"]" || !m.sealed {
		t.Errorf("by %q, from %q, to %q, TLS %v", m.user, m.from, m.to, m.sealed)
	}
	m := parse(t, got[0].raw)
	if a, err := mail.ParseAddress(m.header.Get("From")); err != nil || a.Address != from || !strings.Contains(m.parts["text/plain"], link) || len(m.kinds) != 3 {
		t.Errorf("%v", m.header)
	}
	calendar(t, m)
}

func signInRefused(t *testing.T, p *postOffice) {
	o := open(t, "127.0.0.1:0", p.tls)
	o.locked = true
	p.use(t, at(o.address), nil)
	p.send(t, "queued")
	p.queued(t, 1)
	if left := p.mailer.Retry(t.Context()); left != 1 {
		t.Errorf("%d left while the sign-in is refused", left)
	}
	if len(o.list()) != 0 {
		t.Error("sent without a sign-in")
	}
	o.mu.Lock()
	o.locked = false
	o.mu.Unlock()
	if left := p.mailer.Retry(t.Context()); left != 0 || len(o.list()) != 1 {
		t.Errorf("%d left, %d sent", left, len(o.list()))
	}
	p.queued(t, 0)
	if left := p.mailer.Retry(t.Context()); left != 0 || len(o.list()) != 1 {
		t.Errorf("sent %d times", len(o.list()))
	}
}

// A server that is down: the mail waits on the disk and goes out when it is back, by
// whichever process runs then.
func unreachable(t *testing.T, p *postOffice) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	p.use(t, at(address), nil)
	p.send(t, "queued")
	p.send(t, "queued")
	p.queued(t, 2)
	o := open(t, address, p.tls)
	p.use(t, at(address), nil) // another process
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.mailer.Run(ctx) }() // tries at once
	for limit := time.Now().Add(20 * time.Second); len(p.queue(t)) > 0 && time.Now().Before(limit); {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	p.queued(t, 0)
	if got := o.list(); len(got) != 2 || !strings.Contains(parse(t, got[0].raw).parts["text/html"], link) {
		t.Errorf("%d mails came", len(got))
	}
}

func neverInTheClear(t *testing.T, p *postOffice) {
	o := open(t, "127.0.0.1:0", nil) // does not offer STARTTLS
	o.trusts = true
	for _, user := range []string{smtpUser, ""} {
		p.use(t, at(o.address), func(o *Options) { o.Username = user })
		p.send(t, "queued")
	}
	if len(o.list()) != 0 {
		t.Error("a mail went out in the clear")
	}
	p.use(t, at(o.address), func(o *Options) { o.Security, o.Username = "none", "" }) // a relay on this machine
	p.send(t, "sent")
}

func foreignCertificate(t *testing.T, p *postOffice) {
	o := open(t, "127.0.0.1:0", p.tls)
	p.use(t, o.address, nil) // the certificate is for localhost, not for 127.0.0.1
	p.send(t, "queued")
	dir := certificate(t)
	stranger, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert"), filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{stranger}})
	p.use(t, at(other.address), nil)
	p.send(t, "queued")
	if len(o.list())+len(other.list()) != 0 {
		t.Error("a mail went to a server that has not proven its name")
	}
}

func givenUp(t *testing.T, p *postOffice) {
	o := open(t, "127.0.0.1:0", p.tls)
	o.locked = true
	p.use(t, at(o.address), nil)
	p.send(t, "queued")
	p.ahead = 23 * time.Hour
	if left := p.mailer.Retry(t.Context()); left != 1 {
		t.Errorf("given up after 23 hours")
	}
	p.ahead = 25 * time.Hour
	o.locked = false // nobody is connected
	if left := p.mailer.Retry(t.Context()); left != 0 || len(o.list()) != 0 {
		t.Errorf("after 25 hours: %d left, %d sent", left, len(o.list()))
	}
	p.queued(t, 0)
	if !strings.Contains(p.log.String(), "mail given up") {
		t.Error("nobody is told")
	}
	// So is one whose appointment is over.
	o.locked = true
	in := invitation(t, "fr")
	in.Start = time.Now().Add(p.ahead).Add(-time.Hour)
	if how, err := p.mailer.Send(t.Context(), in); how != "queued" || err != nil {
		t.Fatalf("%q %v", how, err)
	}
	o.locked = false
	if left := p.mailer.Retry(t.Context()); left != 0 || len(o.list()) != 0 {
		t.Errorf("an invitation to yesterday: %d left, %d sent", left, len(o.list()))
	}
}

// T22: a recipient that the server refuses for good is not knocked at every minute for
// a day; one that it cannot take now is.
func refusedForGood(t *testing.T, p *postOffice) {
	o := open(t, "127.0.0.1:0", p.tls)
	p.use(t, at(o.address), nil)
	o.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: to + " is greylisted"}
	p.send(t, "queued")
	p.queued(t, 1)
	o.mu.Lock()
	o.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user " + to}
	o.mu.Unlock()
	if left := p.mailer.Retry(t.Context()); left != 0 {
		t.Errorf("%d left to knock with", left)
	}
	p.queued(t, 0)
	in := invitation(t, "fr")
	if how, err := p.mailer.Send(t.Context(), in); err == nil {
		t.Errorf("the clinician is told %q", how)
	} else if strings.Contains(err.Error(), to) {
		t.Errorf("the error names the patient: %v", err)
	}
	p.queued(t, 0)
	if !strings.Contains(p.log.String(), "550") {
		t.Error("the log does not tell the code")
	}
}

func overTLS(t *testing.T, p *postOffice) {
	o := &office{}
	o.server = smtp.NewServer(o)
	o.server.Domain, o.server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	l, err := tls.Listen("tcp4", "127.0.0.1:0", p.tls)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = o.server.Serve(l) })
	t.Cleanup(func() { o.server.Close(); wg.Wait() })
	p.use(t, at(l.Addr().String()), func(o *Options) { o.Security = "tls" })
	p.send(t, "sent")
	if got := o.list(); len(got) != 1 || !got[0].sealed {
		t.Errorf("%+v", got)
	}
}
