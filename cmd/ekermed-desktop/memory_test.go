package main

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/zalando/go-keyring"
)

// The login of a proxy is kept by its host, in the keyring alone, and any password comes
// back as it was.
func TestProxyLoginIsKept(t *testing.T) {
	keyring.MockInit()
	m := &memory{filepath.Join(t.TempDir(), "desktop.json"), "test"}
	if _, _, ok := m.proxyLogin("proxy.test"); ok {
		t.Error("a login out of nowhere")
	}
	if err := m.SaveProxy("proxy.test", "anne", "a:b é "); err != nil {
		t.Fatal(err)
	}
	if user, password, ok := m.proxyLogin("proxy.test"); !ok || user != "anne" || password != "a:b é " {
		t.Errorf("%q %q %v", user, password, ok)
	}
	if _, _, ok := m.proxyLogin("other.test"); ok {
		t.Error("told to another proxy")
	}
	if files, _ := filepath.Glob(filepath.Dir(m.path) + "/*"); len(files) > 0 {
		t.Errorf("written to %q", files)
	}
	keyring.MockInitWithError(errors.New("locked"))
	if err := m.SaveProxy("proxy.test", "anne", "pw"); err == nil {
		t.Error("a keyring that fails says nothing")
	}
	if _, _, ok := m.proxyLogin("proxy.test"); ok {
		t.Error("a login from a keyring that fails")
	}
}
