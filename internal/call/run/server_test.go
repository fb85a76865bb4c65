package run

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the built server: these tests know nothing of it but docs/protocol.md.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "run-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "ekermed-server")
	build := exec.Command("go", "build", "-o", binary, "../../../cmd/ekermed-server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the server: %v: %s\n", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

const (
	email    = "anne@h.example"
	password = "correct horse battery"
)

type testServer struct {
	t       *testing.T
	cmd     *exec.Cmd
	data    string
	Local   string
	Metrics string
}

func startServer(t *testing.T, data, listen string, env ...string) *testServer {
	t.Helper()
	s := &testServer{t: t, data: data}
	s.cmd = exec.Command(binary, "serve", "--dev", "--listen", listen, "--data", data)
	s.cmd.Env = append(os.Environ(), env...)
	log, err := os.OpenFile(filepath.Join(data, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.kill()
		log.Close()
		if t.Failed() {
			if b, err := os.ReadFile(log.Name()); err == nil {
				t.Logf("server:\n%s", b)
			}
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("no ready line: %v", err)
	}
	if err := json.Unmarshal(line, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// kill ends the server as a power cut would.
func (s *testServer) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

func (s *testServer) command(stdin string, args ...string) string {
	s.t.Helper()
	cmd := exec.Command(binary, append(args, "--data", s.data)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v: %v: %s", args, err, out)
	}
	return string(out)
}

func (s *testServer) clinician() {
	s.t.Helper()
	s.command(password+"\n", "user", "add", "--email", email, "--name", "Dr Anne", "--role", "clinician", "--password-stdin")
}

func (s *testServer) invite() (appointment, code string) {
	s.t.Helper()
	var in struct{ Appointment, Link string }
	if err := json.Unmarshal([]byte(s.command("", "invite", "--clinician", email, "--patient-email", "p@x.example", "--patient-name", "Yann", "--url", s.Local, "--json")), &in); err != nil {
		s.t.Fatal(err)
	}
	_, code, _ = strings.Cut(in.Link, "/r/")
	return in.Appointment, code
}

// gate is a TCP proxy whose connections can be cut, as a bad network does.
type gate struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	conns    map[net.Conn]bool
	shut     bool
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, to: to, conns: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { g.pass(in) })
		}
	})
	t.Cleanup(func() { l.Close(); g.cut(); wg.Wait() })
	return g
}

func (g *gate) url() string { return "http://" + g.listener.Addr().String() }

func (g *gate) pass(in net.Conn) {
	out, err := net.Dial("tcp", g.to)
	if err != nil {
		in.Close()
		return
	}
	g.mu.Lock()
	if g.shut {
		g.mu.Unlock()
		in.Close()
		out.Close()
		return
	}
	g.conns[in], g.conns[out] = true, true
	g.mu.Unlock()
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(out, in)
		out.Close()
		close(done)
	}()
	_, _ = io.Copy(in, out)
	in.Close()
	<-done
	g.mu.Lock()
	delete(g.conns, in)
	delete(g.conns, out)
	g.mu.Unlock()
}

// cut ends every connection there is.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.Close()
	}
}

// close lets nothing through until it is opened again.
func (g *gate) close(shut bool) {
	g.mu.Lock()
	g.shut = shut
	g.mu.Unlock()
	if shut {
		g.cut()
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: never", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// metric reads a number from the operator's page.
func (s *testServer) metric(name string) float64 {
	s.t.Helper()
	answer, err := http.Get("http://" + s.Metrics + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)`).FindSubmatch(text)
	if found == nil {
		s.t.Fatalf("no metric %s", name)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
