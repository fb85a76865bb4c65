// Package lab sets up the real parts for end-to-end tests, the demonstration and
// measurements: server, desktop program under a virtual display with a real keyring
// and a virtual sound system, and real browsers. Everything it starts, it ends.
package lab

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Lab is one set of parts in a folder of its own.
type Lab struct {
	Root string // of the project
	Dir  string // scratch
	Bin  string // holds ekermed-server and ekermed-desktop
	// Places says where parts run, by their names (server, desktop, chromium, …), when
	// not simply on this machine. Set it before the part is started.
	Places map[string]Place
	// Crowd lets the microphones hear many voices at once: sound with no pause in it.
	// Set it before anything speaks.
	Crowd bool
	// Grain is the noise of Chromium's camera, see fake.Camera. Set it before a browser starts.
	Grain int

	mu    sync.Mutex
	procs []*proc
}

// Place is where a part runs: a network namespace, and variables of its environment.
// Display, sound and keyring are sockets in the file system: they are reached from
// every namespace.
type Place struct {
	Namespace string
	Env       []string
	// Bus is the desktop program's session bus, when not the one of its keyring.
	Bus string
}

// proc is a process group that we started.
type proc struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// New makes a lab. bin holds the built programs.
func New(root, bin string) (*Lab, error) {
	dir, err := os.MkdirTemp("", "ekermed-lab-")
	if err != nil {
		return nil, err
	}
	return &Lab{Root: root, Dir: dir, Bin: bin}, nil
}

// Close ends what was started, last first, and removes the scratch folder.
func (l *Lab) Close() error {
	l.mu.Lock()
	procs := l.procs
	l.procs = nil
	l.mu.Unlock()
	for i := len(procs) - 1; i >= 0; i-- {
		procs[i].stop()
	}
	return os.RemoveAll(l.Dir)
}

// Need tells which program is missing and what installs it.
func Need(programs ...string) error {
	var missing []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing: %s; run make setup", strings.Join(missing, ", "))
	}
	return nil
}

// Run starts another program as a part of the lab; Close ends it.
func (l *Lab) Run(name string, argv ...string) error {
	_, err := l.start(name, nil, nil, nil, argv...)
	return err
}

func (l *Lab) start(name string, env []string, stdout io.Writer, stdin io.Reader, argv ...string) (*proc, error) {
	place := l.Places[name]
	if place.Namespace != "" {
		argv = append([]string{"ip", "netns", "exec", place.Namespace}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(append(os.Environ(), env...), place.Env...)
	cmd.Dir = l.Dir
	cmd.Stdin = stdin
	log, err := os.OpenFile(filepath.Join(l.Dir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	cmd.Stderr = log
	cmd.Stdout = stdout
	if stdout == nil {
		cmd.Stdout = log
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), log.Close())
	}
	p := &proc{name: name, cmd: cmd, done: make(chan struct{})}
	go func() { // ends with the process
		p.err = cmd.Wait()
		_ = log.Close()
		close(p.done)
	}()
	l.mu.Lock()
	l.procs = append(l.procs, p)
	l.mu.Unlock()
	return p, nil
}

// stop asks, waits, and then kills the whole group.
func (p *proc) stop() {
	group := -p.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // what the leader left behind
	<-p.done
}

func (p *proc) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// Log is what a part wrote. Of much, the beginning is left out but for the first lines
// that begin a crash: what it died of stands there.
func (l *Lab) Log(name string) string {
	b, err := os.ReadFile(filepath.Join(l.Dir, name+".log"))
	if err != nil {
		return err.Error()
	}
	const much = 6000
	if len(b) <= much {
		return string(b)
	}
	last := string(b[len(b)-much:])
	for _, word := range []string{"panic: ", "fatal error: ", "SIGABRT: ", "SIGQUIT: ", "SIGSEGV: ", "[signal "} {
		if at := bytes.Index(b, []byte(word)); at >= 0 && at < len(b)-much {
			from := max(0, at-1000) // what a C library said before it gave up
			return string(b[from:min(at+much/2, len(b)-much)]) + "\n…\n" + last
		}
	}
	return last
}

// Server is a running ekermed-server.
type Server struct {
	lab *Lab
	*proc
	URL     string `json:"url"`
	Local   string `json:"local"`
	UDP     string `json:"udp"`
	Metrics string `json:"metrics"`
	Data    string
	env     []string
	config  string // the configuration file, empty with --dev
}

// StartServer runs serve --dev on a free port; args are added.
func (l *Lab) StartServer(listen string, env []string, args ...string) (*Server, error) {
	s := &Server{lab: l, Data: filepath.Join(l.Dir, "data"), env: env}
	return s, s.serve(append([]string{"--dev", "--listen", listen, "--data", s.Data}, args...)...)
}

// ServeConfig runs serve with a configuration file, whose data folder is data.
func (l *Lab) ServeConfig(config, data string) (*Server, error) {
	s := &Server{lab: l, Data: data, config: config}
	return s, s.serve("--config", config)
}

func (s *Server) serve(args ...string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	s.proc, err = s.lab.start("server", s.env, w, nil, append([]string{filepath.Join(s.lab.Bin, "ekermed-server"), "serve"}, args...)...)
	_ = w.Close()
	if err != nil {
		return errors.Join(err, r.Close())
	}
	line := make(chan error, 1)
	go func() { // ends with the first line, or with the server
		text, err := bufio.NewReader(r).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(text, s)
		}
		line <- err
		_, _ = io.Copy(io.Discard, r)
		_ = r.Close()
	}()
	select {
	case err = <-line:
	case <-time.After(30 * time.Second):
		err = errors.New("no ready line")
	}
	if err != nil {
		return fmt.Errorf("the server did not start: %w\n%s", err, s.lab.Log("server"))
	}
	return nil
}

// Base is the address that people use.
func (s *Server) Base() string {
	if s.Local != "" {
		return s.Local
	}
	return s.URL
}

// Kill ends the server without a word, as a power cut would; Stop asks it to end.
func (s *Server) Kill() { s.kill() }

// Stop ends the server gracefully.
func (s *Server) Stop() { s.stop() }

// Command runs an ekermed-server command on the same data and returns its output.
func (s *Server) Command(stdin string, args ...string) (string, error) {
	args = append(args, "--data", s.Data)
	if s.config != "" {
		args = append(args, "--config", s.config)
	}
	cmd := exec.Command(filepath.Join(s.lab.Bin, "ekermed-server"), args...)
	cmd.Env = append(os.Environ(), s.env...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ekermed-server %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// Invited is what invite --json answers.
type Invited struct {
	Appointment, Link, Mail string
	// Guests are those invited besides, in their order.
	Guests []struct{ Link, Mail string }
}

// Invite makes an appointment for now; more are arguments of the command.
func (s *Server) Invite(clinician, patient, name string, more ...string) (Invited, error) {
	out, err := s.Command("", append([]string{"invite", "--clinician", clinician, "--patient-email", patient, "--patient-name", name, "--at", "now", "--url", s.Base(), "--json"}, more...)...)
	if err != nil {
		return Invited{}, err
	}
	var in Invited
	return in, json.Unmarshal([]byte(out), &in)
}

// Until polls until ok answers true or the time is over.
func Until(ctx context.Context, what string, limit time.Duration, ok func() bool) error {
	deadline := time.Now().Add(limit)
	for !ok() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s", what, limit)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

// Get reads a URL, for health and metrics.
func Get(url string) (int, string, error) {
	client := http.Client{Timeout: 5 * time.Second}
	r, err := client.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

// InviteAt makes an appointment for another time.
func (s *Server) InviteAt(clinician, patient, name string, at time.Time) (Invited, error) {
	out, err := s.Command("", "invite", "--clinician", clinician, "--patient-email", patient, "--patient-name", name, "--at", at.Format(time.RFC3339), "--url", s.Base(), "--json")
	if err != nil {
		return Invited{}, err
	}
	var in Invited
	return in, json.Unmarshal([]byte(out), &in)
}
