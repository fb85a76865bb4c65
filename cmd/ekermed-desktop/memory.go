package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/zalando/go-keyring"

	"ekermed.example/ekermed/internal/call"
)

// memory is what outlives a run: settings in a file of the user's, the session in the
// system's keyring and nowhere else.
type memory struct {
	path    string
	service string
}

func newMemory(service string) (*memory, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil, fmt.Errorf("no folder for settings: %w", err)
	}
	return &memory{filepath.Join(dir, "ekermed", "desktop.json"), service}, nil
}

// load reads the settings; damaged ones are like none.
func (m *memory) load(log *slog.Logger) call.Remembered {
	var r call.Remembered
	text, err := os.ReadFile(m.path)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("settings are not read", "error", err)
		return call.Remembered{}
	}
	return r
}

// Save writes the settings whole or not at all.
func (m *memory) Save(r call.Remembered) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return replace(m.path, text)
}

func replace(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".ekermed-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func key(server, email string) string { return email + " @ " + server }

func (m *memory) SaveSecret(server, email, token string) error {
	return keyring.Set(m.service, key(server, email), token)
}

func (m *memory) DropSecret(server, email string) error {
	err := keyring.Delete(m.service, key(server, email))
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// proxyKey is where the login of a proxy is kept.
func proxyKey(host string) string { return "proxy " + host }

func (m *memory) SaveProxy(host, user, password string) error {
	return keyring.Set(m.service, proxyKey(host), user+":"+password) // as Basic has it: no colon in a user name
}

// proxyLogin is what was kept for a proxy.
func (m *memory) proxyLogin(host string) (user, password string, ok bool) {
	kept, err := keyring.Get(m.service, proxyKey(host))
	if err != nil {
		return "", "", false
	}
	return strings.Cut(kept, ":")
}

func (m *memory) secret(server, email string) (string, error) {
	return keyring.Get(m.service, key(server, email))
}
