package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

const (
	benchSecret = "0123456789abcdef0123456789abcdef"
	// chunk is how much one measurement relays each way, in packets of payload bytes,
	// and window how many of them are under way at once.
	chunk   = 32 << 20
	payload = 1100
	window  = 64
	// ticks is how /proc counts a second of CPU time (sysconf(_SC_CLK_TCK), 100 on Linux).
	ticks = 100
)

// turnd is a TURN server in a process of its own.
type turnd struct {
	name, address string
	cmd           *exec.Cmd
	perGB, rate   []float64
}

// BenchmarkTURNOverTLS relays media of one client over TLS to a peer that sends it
// back, through `ekermed-server relay` and through coturn, in turns within one run: only
// the ratio means something. CPU-s/GB is that of the server's process, for each
// gigabyte that it received and sent on, both ways together.
func BenchmarkTURNOverTLS(b *testing.B) {
	coturn, err := exec.LookPath("turnserver")
	if err != nil {
		b.Skip("coturn (turnserver) is not installed: there is nothing to compare with")
	}
	servers := []*turnd{ekermed(b), theirs(b, coturn)}
	for b.Loop() {
		for _, s := range servers {
			s.measure(b)
		}
	}
	for _, s := range servers {
		b.ReportMetric(middle(s.perGB), s.name+"-CPU-s/GB")
		b.ReportMetric(middle(s.rate), s.name+"-MB/s")
	}
	b.ReportMetric(middle(servers[0].perGB)/middle(servers[1].perGB), "CPU-ratio")
	b.ReportMetric(0, "ns/op")
}

func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// free gives a TCP port that was free just now.
func free(b *testing.B) int {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func ekermed(b *testing.B) *turnd {
	dir := b.TempDir()
	program := filepath.Join(dir, "ekermed-server")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", program, "../../cmd/ekermed-server")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	chain, key := certificate(b)
	file := filepath.Join(dir, "c.toml")
	text := fmt.Sprintf("[server]\nurl = \"https://localhost\"\ncertificate = %q\nkey = %q\n[turn]\nudp = \"\"\ntls = \"127.0.0.1:0\"\naddress = \"127.0.0.1\"\nallow = [\"127.0.0.2\"]\nsecret = %q\n[hosting]\ncountry = \"FR\"\n", chain, key, benchSecret)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, "relay", "--config", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	run(b, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	_, after, ok := strings.Cut(line, "turns:localhost:")
	port, _, _ := strings.Cut(after, "?")
	if err != nil || !ok {
		b.Fatalf("%q: %v", line, err)
	}
	return &turnd{name: "ours", address: "127.0.0.1:" + port, cmd: cmd}
}

func theirs(b *testing.B, program string) *turnd {
	chain, key := certificate(b)
	port := strconv.Itoa(free(b))
	dir := b.TempDir()
	cmd := exec.Command(program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--tls-listening-port="+port, "--cert="+chain, "--pkey="+key,
		"--use-auth-secret", "--static-auth-secret="+benchSecret, "--realm=bench", "--no-udp", "--no-tcp", "--no-dtls", "--no-cli", "--allow-loopback-peers",
		"--log-file="+filepath.Join(dir, "log"), "--simple-log", "--pidfile="+filepath.Join(dir, "pid"), "--userdb="+filepath.Join(dir, "db"), "--min-port=49152", "--max-port=65535")
	run(b, cmd)
	s := &turnd{name: "coturn", address: "127.0.0.1:" + port, cmd: cmd}
	eventually(b, "coturn", func() bool {
		c, err := net.Dial("tcp", s.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return s
}

func run(b *testing.B, cmd *exec.Cmd) {
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()                          // by that signal
	})
}

// cpu is what the process has used so far, in seconds (proc(5): utime and stime).
func (s *turnd) cpu(b *testing.B) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	f := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	user, err1 := strconv.ParseFloat(string(f[11]), 64)
	system, err2 := strconv.ParseFloat(string(f[12]), 64)
	if err := errors.Join(err1, err2); err != nil {
		b.Fatal(err)
	}
	return (user + system) / ticks
}

func (s *turnd) measure(b *testing.B) {
	b.Helper()
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		b.Fatal(err)
	}
	echoed := make(chan struct{})
	go func() { // the peer sends everything back
		defer close(echoed)
		for p := make([]byte, 2000); ; {
			n, from, err := peer.ReadFromUDPAddrPort(p)
			if err != nil {
				return
			}
			_, _ = peer.WriteToUDPAddrPort(p[:n], from)
		}
	}()
	defer func() { peer.Close(); <-echoed }()
	c, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a certificate of this test
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	user := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10) + ":bench"
	mac := hmac.New(sha1.New, []byte(benchSecret))
	mac.Write([]byte(user))
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: s.address, Conn: turn.NewSTUNConn(c), Username: user, Password: base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		b.Fatal(err)
	}
	conn, err := client.Allocate()
	if err != nil {
		b.Fatalf("%s: %v", s.name, err)
	}
	defer conn.Close()
	used, from := s.cpu(b), time.Now()
	n := pump(b, conn, peer.LocalAddr())
	took := time.Since(from).Seconds()
	s.perGB = append(s.perGB, (s.cpu(b)-used)/(float64(n)/1e9))
	s.rate = append(s.rate, float64(n)/1e6/took)
}

// pump sends to a peer that sends back and counts what has gone through, both ways.
func pump(b *testing.B, conn net.PacketConn, to net.Addr) int64 {
	b.Helper()
	credit := make(chan struct{}, window)
	for range window {
		credit <- struct{}{}
	}
	ctx, cancel := context.WithCancel(b.Context())
	var received atomic.Int64
	read := make(chan error, 1)
	go func() {
		defer cancel()
		for p := make([]byte, 2000); received.Load() < chunk; {
			if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				read <- err
				return
			}
			n, _, err := conn.ReadFrom(p)
			if err != nil {
				read <- err
				return
			}
			received.Add(int64(n))
			select {
			case credit <- struct{}{}:
			default:
			}
		}
		read <- nil
	}()
	// A packet that UDP lost gives its credit back after a while.
	lost := time.NewTicker(100 * time.Millisecond)
	defer lost.Stop()
	p := make([]byte, payload)
	for {
		select {
		case <-ctx.Done():
			if err := <-read; err != nil {
				b.Fatal(err)
			}
			return 2 * received.Load()
		case <-credit:
		case <-lost.C:
		}
		if _, err := conn.WriteTo(p, to); err != nil {
			b.Fatal(err)
		}
	}
}
