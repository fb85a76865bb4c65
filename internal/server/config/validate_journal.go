package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ekermed.example/ekermed/internal/server/journal"
)

func (c Config) journal() error {
	if m := c.Journal.TrailMonths; m < 6 || m > 12 {
		return wrong("journal.trail_months", strconv.Itoa(m), "choose 6 to 12: the access trail must last long enough to look into an incident, and no longer than a year")
	}
	for _, m := range c.Journal.Managers {
		if _, err := journal.ParseManager(m); err != nil {
			return fmt.Errorf("configuration: journal.managers: %w", err)
		}
	}
	if len(c.Journal.Recipients) == 0 {
		return nil
	}
	if _, err := journal.Readers(c.Journal.Recipients); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if len(c.Journal.Managers) == 0 {
		return errors.New("configuration: journal.managers is empty: name the public key of at least one manager, which `ekermed-server journal keygen` makes; without one nobody could ever open the journal")
	}
	if strings.TrimSpace(c.Vault()) == "" {
		return wrong("journal.vault", c.Journal.Vault, "name a folder apart from server.data")
	}
	if err := journal.Apart(c.Server.Data, c.Vault()); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}
