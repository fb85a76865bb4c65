package e2e

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"ekermed.example/ekermed/internal/e2e/lab"
)

// postOffice is a real SMTP server that keeps what it takes.
type postOffice struct {
	mu    sync.Mutex
	from  string
	to    []string
	mails [][]byte
}

type delivery struct {
	office *postOffice
	from   string
	to     []string
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{office: p}, nil }
func (d *delivery) Mail(from string, _ *smtp.MailOptions) error   { d.from = from; return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error     { d.to = append(d.to, to); return nil }
func (d *delivery) Reset()                                        { d.from, d.to = "", nil }
func (d *delivery) Logout() error                                 { return nil }

func (d *delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	d.office.mu.Lock()
	defer d.office.mu.Unlock()
	d.office.from, d.office.to = d.from, d.to
	d.office.mails = append(d.office.mails, text)
	return err
}

func openPostOffice(t *testing.T) (*postOffice, string) {
	t.Helper()
	office := &postOffice{}
	server := smtp.NewServer(office)
	server.Domain = "localhost"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-done })
	return office, listener.Addr().String()
}

// TestLinkFromSMTP sends an invitation from the desktop over SMTP; the browser opens
// the link of the mail that arrived.
func TestLinkFromSMTP(t *testing.T) {
	sc, ctx := newScene(t), t.Context()
	office, address := openPostOffice(t)
	sc.Env = append(sc.Env, "EKERMED_MAIL_SMTP="+address, "EKERMED_MAIL_SECURITY=none")
	must(t, sc.SetServer(ctx, "127.0.0.1:0"))
	must(t, sc.SetDesk(ctx))
	must(t, sc.Display.Key("ctrl+n"))
	time.Sleep(400 * time.Millisecond)
	must(t, sc.Display.Type("yann.kermadec@example.org"))
	must(t, sc.Display.Key("Return"))
	must(t, lab.Until(ctx, "the mail", 20*time.Second, func() bool {
		office.mu.Lock()
		defer office.mu.Unlock()
		return len(office.mails) == 1
	}))
	if office.from != "votre-teleconsultation@visio.ekermed.example" || len(office.to) != 1 || office.to[0] != "yann.kermadec@example.org" {
		t.Errorf("envelope %q → %q", office.from, office.to)
	}
	link, err := lab.LinkIn(bytes.NewReader(office.mails[0]))
	must(t, err)
	if !strings.HasPrefix(link, sc.Server.Local+"/r/") {
		t.Errorf("link %q", link)
	}
	b, err := sc.StartBrowser("chromium", sc.Sound, true)
	must(t, err)
	must(t, sc.Join(ctx, b, link))
	must(t, sc.Display.Key("Escape")) // the invitation's own dialog
	_, _, err = sc.Admit(ctx, b)
	must(t, err)
}
