//go:build unix && !darwin

package managed

// Path is where the IT department writes the settings.
func Path() (string, error) { return "/etc/ekermed/desktop.toml", nil }
