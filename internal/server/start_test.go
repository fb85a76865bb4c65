package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/server/config"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// certificate writes a fresh pair for localhost and gives the paths.
func certificate(t testing.TB) (chain, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	chain, key = filepath.Join(t.TempDir(), "chain.pem"), filepath.Join(t.TempDir(), "key.pem")
	err = errors.Join(
		os.WriteFile(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return chain, key
}

// production is a configuration as a hospital has it, on loopback.
func production(t *testing.T) config.Config {
	t.Helper()
	c := development(t)
	c.Dev = false
	c.Server.URL, c.Hosting.Country = "https://localhost", "FR"
	c.Hosting.Hosts = []string{"turn.example=FR", "ws.example=DE"}
	c.Server.Certificate, c.Server.Key = certificate(t)
	c.Media.Address = "127.0.0.1"
	if c.Turn.Host != "localhost" {
		t.Fatal("the certificate is for localhost")
	}
	return c
}

// ports are the addresses of a configuration by key.
func ports(c *config.Config) map[string]*string {
	return map[string]*string{
		"server.listen": &c.Server.Listen, "metrics.listen": &c.Metrics.Listen,
		"media.udp": &c.Media.UDP, "turn.udp": &c.Turn.UDP, "turn.tls": &c.Turn.TLS,
	}
}

// take opens a port of the kind that a key needs.
func take(key, address string) (interface{ Close() error }, string, error) {
	if key == "media.udp" || key == "turn.udp" {
		c, err := net.ListenPacket("udp4", address)
		if err != nil {
			return nil, "", err
		}
		return c, c.LocalAddr().String(), nil
	}
	l, err := net.Listen("tcp4", address)
	if err != nil {
		return nil, "", err
	}
	return l, l.Addr().String(), nil
}

// fix gives every key a port of its own that is free.
func fix(t *testing.T, c *config.Config) {
	t.Helper()
	for key, at := range ports(c) {
		s, address, err := take(key, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		*at = address
	}
}

// unused checks that every port of a configuration can be had.
func unused(t *testing.T, c config.Config, but string) {
	t.Helper()
	for key, at := range ports(&c) {
		if key == but {
			continue
		}
		s, _, err := take(key, *at)
		if err != nil {
			t.Errorf("%s is still taken: %v", key, err)
			continue
		}
		s.Close()
	}
}

// A port in use stops the start with a sentence, and what was opened before it is
// given back: every socket, and the store.
func TestNewRollsBack(t *testing.T) {
	for key := range ports(&config.Config{}) {
		cfg := development(t)
		fix(t, &cfg)
		at := *ports(&cfg)[key]
		taken, _, err := take(key, at)
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(t.Context(), cfg, discard())
		says(t, err, key, at, "another program uses this port", "choose another")
		unused(t, cfg, key)
		if _, err := os.Stat(filepath.Join(cfg.Server.Data, "ekermed.db-wal")); err == nil {
			t.Errorf("%s: the store was left open", key)
		}
		taken.Close()
		app, err := New(t.Context(), cfg, discard()) // and the remedy helps
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if err := app.undo.unwind(discard()); err != nil {
			t.Error(err)
		}
		unused(t, cfg, "")
	}
}

// A second server beside the first one says which port it wants, and harms nothing.
func TestASecondServer(t *testing.T) {
	cfg := development(t)
	fix(t, &cfg)
	first := start(t, cfg)
	again := cfg
	again.Server.Data = t.TempDir()
	_, err := New(t.Context(), again, discard())
	says(t, err, "server.listen", cfg.Server.Listen, "another program")
	if err := first.store.Ping(t.Context()); err != nil {
		t.Errorf("the first one: %v", err)
	}
	if err := first.stop(); err != nil {
		t.Error(err)
	}
	unused(t, cfg, "")
	start(t, again)
}

func TestBadInputStopsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, _ := certificate(t)
	locked := readOnly(t)
	for name, tt := range map[string]struct {
		change func(*config.Config)
		words  []string
	}{
		"no certificate":          {func(c *config.Config) { c.Server.Certificate = "" }, []string{"server.certificate", "--dev"}},
		"a missing certificate":   {func(c *config.Config) { c.Server.Certificate = "/none.pem" }, []string{"server.certificate", "/none.pem", "no such file", "check that"}},
		"a missing key":           {func(c *config.Config) { c.Server.Key = "/none.key" }, []string{"server.key", "/none.key", "check that"}},
		"a folder as certificate": {func(c *config.Config) { c.Server.Certificate = t.TempDir() }, []string{"server.certificate", "check that"}},
		"no PEM":                  {func(c *config.Config) { c.Server.Certificate = file }, []string{"server.certificate", "PEM", "check that"}},
		"another one's key":       {func(c *config.Config) { c.Server.Certificate = other }, []string{"server.certificate", "server.key", "belong together"}},
		"data below a file":       {func(c *config.Config) { c.Server.Data = filepath.Join(file, "d") }, []string{"data folder", file, "--data or server.data"}},
		"data in a locked folder": {func(c *config.Config) { c.Server.Data = locked }, []string{locked, "owner and rights"}},
		"an address of others":    {func(c *config.Config) { c.Server.Listen = "192.0.2.1:0" }, []string{"server.listen", "192.0.2.1:0", "does not have the address"}},
		"plain http":              {func(c *config.Config) { c.Server.URL = "http://visio.example" }, []string{"server.url", "https"}},
		"a bad prefix":            {func(c *config.Config) { c.Turn.Deny = []string{"10.0.0.0/99"} }, []string{"turn.deny", "10.0.0.0/99"}},
		"another one's name":      {func(c *config.Config) { c.Server.URL = "https://visio.example" }, []string{"server.certificate", "visio.example", "server.url", "localhost", "get one for this name"}},
		"another TURN name":       {func(c *config.Config) { c.Turn.Host = "turn.example" }, []string{"server.certificate", "turn.example", "turn.host", "localhost"}},
		"another socket":          {func(c *config.Config) { c.Server.SocketURL = "wss://ws.example" }, []string{"server.certificate", "ws.example", "server.socket_url", "localhost"}},
		"ranges that overlap":     {func(c *config.Config) { c.Media.MinPort, c.Media.MaxPort = 50000, 51000 }, []string{"media.min_port", "turn.min_port", "give each its own part"}},
		"a zone of Mars":          {func(c *config.Config) { c.Practice.TimeZone = "Mars" }, []string{"practice.time_zone", "Mars"}},
	} {
		cfg := production(t)
		tt.change(&cfg)
		app, err := New(t.Context(), cfg, discard())
		says(t, err, tt.words...)
		if err == nil {
			t.Errorf("%s was taken", name)
			_ = app.undo.unwind(discard())
		}
	}
}
