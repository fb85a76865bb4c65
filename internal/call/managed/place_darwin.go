package managed

// Path is where the IT department writes the settings.
func Path() (string, error) { return "/Library/Application Support/e-KerMed/desktop.toml", nil }
