package config

import (
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"ekermed.example/ekermed/internal/server/journal"
)

// sealing is a configuration with a journal.
func sealing(t *testing.T) Config {
	t.Helper()
	c := Development(DevListen, filepath.Join(t.TempDir(), "data"))
	for range 3 {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		c.Journal.Recipients = append(c.Journal.Recipients, i.Recipient().String())
	}
	_, public, err := journal.NewManagerKey()
	if err != nil {
		t.Fatal(err)
	}
	c.Journal.Managers = []string{public}
	return c
}

func TestJournal(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Config)
		want   []string // nil: it is valid
	}{
		"three readers":         {func(*Config) {}, nil},
		"off":                   {func(c *Config) { c.Journal = Journal{TrailMonths: 6} }, nil},
		"a vault of its own":    {func(c *Config) { c.Journal.Vault = filepath.Join(t.TempDir(), "vault") }, nil},
		"no manager":            {func(c *Config) { c.Journal.Managers = nil }, []string{"journal.managers", "journal keygen"}},
		"the same reader twice": {func(c *Config) { c.Journal.Recipients[2] = c.Journal.Recipients[0] }, []string{"journal.recipients", "twice"}},
		"two readers":           {func(c *Config) { c.Journal.Recipients = c.Journal.Recipients[:2] }, []string{"journal.recipients", "exactly 3"}},
		"a vault in the data":   {func(c *Config) { c.Journal.Vault = filepath.Join(c.Server.Data, "vault") }, []string{"journal.vault", "server.data", "backup"}},
		"the vault is the data": {func(c *Config) { c.Journal.Vault = c.Server.Data + "/" }, []string{"journal.vault", "server.data"}},
		"the data in the vault": {func(c *Config) { c.Journal.Vault = filepath.Dir(c.Server.Data) }, []string{"journal.vault", "server.data"}},
		"a blank":               {func(c *Config) { c.Journal.Vault = " " }, []string{"journal.vault"}},
	} {
		c := sealing(t)
		tt.change(&c)
		err := c.Validate()
		if (err == nil) != (tt.want == nil) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", name, err, w)
			}
		}
	}
	if c := sealing(t); c.Vault() != c.Server.Data+"-vault" {
		t.Errorf("the vault is %s", c.Vault())
	}
}
