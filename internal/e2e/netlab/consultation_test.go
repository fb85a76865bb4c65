//go:build linux

package netlab

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/call/wire"
	"ekermed.example/ekermed/internal/devices/fake"
	"ekermed.example/ekermed/internal/e2e/lab"
)

// consultation is a clinician, a patient and a server in a network.
type consultation struct {
	*lab.Scene
	t       *testing.T
	ctx     context.Context
	net     *Network
	browser *lab.Browser
	res     *result
	trust   *Authority
}

// arrange starts every part in its own namespace.
func arrange(t *testing.T, ctx context.Context, res *result) *consultation {
	t.Helper()
	n := open(t, res.plan)
	l, err := lab.New(root(t), filepath.Join(root(t), "bin"))
	must(t, err)
	c := &consultation{Scene: &lab.Scene{Lab: l}, t: t, ctx: ctx, net: n, res: res}
	// Who interrupts does not want to wait for answers that will not come.
	closed := sync.OnceValue(l.Close)
	unhook := context.AfterFunc(ctx, func() { _ = closed() })
	t.Cleanup(func() {
		unhook()
		if t.Failed() {
			c.tell()
		}
		if err := closed(); err != nil {
			t.Error(err)
		}
	})
	l.Crowd, l.Grain = res.crowd, res.grain
	c.trust, err = NewAuthority(l.Dir)
	must(t, err)
	desk := lab.Place{Namespace: n.Hospital.Host.Name, Env: []string{"SSL_CERT_FILE=" + c.trust.Root}}
	if res.proxy != nil {
		desk.Env = append(desk.Env, "HTTPS_PROXY="+res.proxy.url())
	}
	home := lab.Place{Namespace: n.Home.Host.Name}
	l.Places = map[string]lab.Place{
		"server": {Namespace: n.Server.Name}, "spare": {Namespace: n.Spare.Name}, "desktop": desk, "chromium": home, "firefox": home,
		"nginx": {Namespace: n.Front.Name}, "haproxy": {Namespace: n.Front.Name}, "tinyproxy": {Namespace: n.Proxy.Name},
	}
	return c
}

// open starts server, desk and browser and answers the patient's link.
func (c *consultation) open() string {
	t := c.t
	t.Helper()
	certificate, key, both, err := c.trust.Issue(ServerNames())
	must(t, err)
	config := c.res.config
	config.Certificate, config.Key = certificate, key
	path, data := filepath.Join(c.Dir, "ekermed-server.toml"), filepath.Join(c.Dir, "data")
	must(t, config.Write(path, data))
	c.Server, err = c.ServeConfig(path, data)
	must(t, err)
	must(t, c.Server.AddClinician())
	c.others(certificate, key, both)
	c.Session = c.signIn()
	must(t, c.SetDesk(c.ctx))
	invited, err := c.Server.Invite(lab.Email, "patient@example.org", "Yann Kermadec")
	must(t, err)
	o := lab.Browsing{Sound: c.Sound, Watch: true, Trust: c.trust.Root}
	if c.res.proxy != nil && c.res.plan.Home.Out.Only != "" {
		o.Proxy = c.res.proxy.url()
	}
	c.browser, err = c.Browse(c.res.engine, o)
	must(t, err)
	return invited.Link
}

// others starts what stands between clients and server.
func (c *consultation) others(certificate, key, both string) {
	t := c.t
	t.Helper()
	run := func(name string, argv []string, err error) {
		t.Helper()
		must(t, err)
		must(t, c.Run(name, argv...))
	}
	if p := c.res.proxy; p != nil {
		argv, err := Tinyproxy(c.Dir, DefaultPorts().TCP(), p.user, p.password)
		run("tinyproxy", argv, err)
		c.answers(c.net.Proxy, fmt.Sprintf("127.0.0.1:%d", TinyproxyPort))
	}
	if c.res.config.Secret != "" {
		spare := c.res.config
		spare.Certificate, spare.Key = certificate, key
		path := filepath.Join(c.Dir, "spare.toml")
		must(t, spare.WriteSpare(path, filepath.Join(c.Dir, "spare")))
		run("spare", []string{filepath.Join(c.Bin, "ekermed-server"), "relay", "--config", path}, nil)
		c.answers(c.net.Spare, "127.0.0.1:443")
	}
	switch c.res.front {
	case "nginx":
		argv, err := Nginx(c.Dir, c.res.config.Prefix, certificate, key)
		run("nginx", argv, err)
	case "haproxy":
		argv, err := HAProxy(c.Dir, both)
		run("haproxy", argv, err)
	default:
		return
	}
	c.answers(c.net.Front, "127.0.0.1:443")
}

// answers waits until a program takes connections.
func (c *consultation) answers(n *Node, address string) {
	c.t.Helper()
	must(c.t, lab.Until(c.ctx, "a program at "+address, 10*time.Second, func() bool {
		conn, err := n.Dial(c.ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}))
}

// signIn gets the clinician's session, from the server's own machine.
func (c *consultation) signIn() string {
	t := c.t
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: c.net.Server.Dial, TLSClientConfig: &tls.Config{RootCAs: c.trust.Pool()}}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(wire.SignIn{Email: lab.Email, Password: lab.Password})
	must(t, err)
	answer, err := client.Post(c.Server.URL+"/api/v1/session", "application/json", bytes.NewReader(body))
	must(t, err)
	defer answer.Body.Close()
	var session wire.Session
	must(t, json.NewDecoder(answer.Body).Decode(&session))
	if session.Token == "" {
		t.Fatalf("signing in: the server answered %s", answer.Status)
	}
	return session.Token
}

// meet waits until both pictures move, and counts for a while.
func (c *consultation) meet() {
	t := c.t
	t.Helper()
	must(t, c.browser.Phase("call", 20*time.Second))
	_, err := c.Desktop.Wait(c.ctx, "moving picture and sound", 30*time.Second, func(s lab.Status) bool {
		return s.Phase == "talking" && len(s.Peers) == 1 && s.Peers[0].FramesShown > 20 && s.Peers[0].AudioMSPlayed > 1000 && s.Self.AudioMSSent > 1000
	})
	must(t, err)
	recorded := make(chan error, 1)
	go func() { recorded <- c.hears(counted) }() // ends with the recording
	before := c.look()
	time.Sleep(counted)
	now := c.look()
	c.res.desk, c.res.page = now.status, now.path
	c.res.deskFrames, c.res.pageFrames = now.desk-before.desk, now.page-before.page
	if c.res.deskFrames < 10 || c.res.pageFrames < 10 {
		c.short("frames shown in %s: %d on the desktop, %d on the page", counted, c.res.deskFrames, c.res.pageFrames)
	}
	err = <-recorded
	for i := 0; err != nil && i < 2; i++ { // a busy machine tears holes into what is played
		err = c.hears(counted)
	}
	if err != nil {
		c.short("%v", err)
	}
}

// secret is what both TURN nodes know.
const secret = "a secret of the laboratory"

// counted is how long frames are counted and sound is recorded in every row.
const counted = 5 * time.Second

// hears checks that each speaker plays what the other side's microphone hears.
func (c *consultation) hears(length time.Duration) error {
	desk, page, err := c.Hear(c.ctx, length)
	if err != nil {
		return err
	}
	for _, side := range []struct {
		name string
		pcm  []int16
	}{{"desktop", desk}, {"page", page}} {
		if c.res.crowd { // no single sentence is to be found in it
			if gap := lab.LongestGap(side.pcm); gap > length/2 {
				return fmt.Errorf("the %s's speaker is silent for %s of %s", side.name, gap, length)
			}
			continue
		}
		if score := fake.FindSpeech(side.pcm, fake.Rate); score < 0.5 {
			return fmt.Errorf("the other side's speech is not what the %s's speaker plays: %.2f", side.name, score)
		}
	}
	return nil
}

// judge compares with the row's limits.
func (c *consultation) judge() {
	r, l := c.res, c.res.limit
	complain := c.t.Errorf
	if !startsWithAny(r.page.Local.Way(), l.page) {
		complain("the page goes by %s, want %v", r.page.Local.Way(), l.page)
	}
	if p := r.desk.Path; p != nil && !startsWithAny(p.Local+"/"+p.Protocol, l.desk) {
		complain("the desktop goes by %s/%s, want %v", p.Local, p.Protocol, l.desk)
	}
	if !startsWithAny(r.desk.Route, l.route) || r.desk.Route != r.page.Route {
		complain("route %q on the desktop and %q on the page, want %v", r.desk.Route, r.page.Route, l.route)
	}
	// R26: who goes over TCP is told so.
	if slow := strings.HasSuffix(r.page.Local.Way(), "/tls") || strings.HasSuffix(r.page.Local.Way(), "/tcp"); slow != c.saysReduced() {
		complain("the page goes by %s, and says that the quality is reduced: %v", r.page.Local.Way(), !slow)
	}
	if l.picture > 0 && max(r.deskAfter, r.pageAfter) > l.picture {
		complain("the first picture came after %s and %s, want %s at most", r.deskAfter, r.pageAfter, l.picture)
	}
}

// saysReduced tells whether the page says that the quality is a reduced one.
func (c *consultation) saysReduced() bool {
	v, err := c.browser.Do("eval", map[string]any{"js": `document.querySelector(".seal").innerText.includes("Qualité réduite")`})
	must(c.t, err)
	return string(v) == "true"
}

// short complains when a limit is missed.
func (c *consultation) short(format string, args ...any) {
	c.res.note("MISSED: "+format, args...)
	c.t.Errorf(format, args...)
}

// tell says what the parts said.
func (c *consultation) tell() {
	for _, part := range []string{"server", "spare", "desktop", c.res.engine, "nginx", "haproxy", "tinyproxy"} {
		if _, err := os.Stat(filepath.Join(c.Dir, part+".log")); err == nil {
			c.t.Logf("--- %s\n%s", part, c.Log(part))
		}
	}
	if dir := os.Getenv("NETLAB_PICTURES"); dir != "" && c.browser != nil && c.Display != nil {
		if err := c.Pictures(c.browser, dir); err != nil {
			c.t.Log(err)
		}
	}
	// Is it the network or the product?
	for _, side := range []*Place{c.net.Hospital, c.net.Home} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		conn, err := side.Host.Dial(ctx, "tcp", ServerAddress+":443")
		cancel()
		if err == nil {
			_ = conn.Close()
		}
		c.t.Logf("%s at %s connects to the server's port 443: %v", side.Host.Name, side.Address(), err == nil)
	}
	if c.browser != nil {
		path, err := c.browser.Path()
		c.t.Logf("the page's connection: %+v %v", path, err)
	}
}
