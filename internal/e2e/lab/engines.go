package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// engine is how a browser is started.
type engine struct {
	// Family is chromium or firefox.
	Family string `json:"family"`
	Path   string `json:"path"`
	// Driver is the module that drives it.
	Driver string `json:"driver"`
	// Shell: the headless shell, which has no window, and no way to play sound.
	Shell bool `json:"shell"`
}

// legacy is the first Chromium that the page tests' own driver understands; those before
// it need one of their time.
const legacy = 103

// engine finds a browser by name: chromium and firefox are the system's, chromium-N is an
// older build that package.json of internal/e2e/engines names. make engines fetches those.
func (l *Lab) engine(name string) (engine, error) {
	driver := filepath.Join(l.Root, "internal/server/web/node_modules/puppeteer-core")
	switch name {
	case "chromium":
		return engine{Family: name, Path: "/usr/bin/chromium", Driver: driver}, nil
	case "firefox":
		return engine{Family: name, Path: "/usr/bin/firefox-esr", Driver: driver}, nil
	}
	var major int
	if _, err := fmt.Sscanf(name, "chromium-%d", &major); err != nil || strings.ContainsAny(name, "/\\") {
		return engine{}, fmt.Errorf("browser %q: the lab knows chromium, firefox and chromium-N", name)
	}
	e := engine{Family: "chromium", Path: filepath.Join(l.Root, "build/engines", name, "chromium"), Driver: driver, Shell: true}
	if major < legacy {
		e.Driver = filepath.Join(l.Root, "internal/e2e/engines/node_modules/puppeteer-core-10")
	}
	for _, part := range []string{e.Path, e.Driver} {
		if _, err := os.Stat(part); err != nil {
			return engine{}, errors.Join(err, fmt.Errorf("browser %s is not here: run make engines", name))
		}
	}
	return e, nil
}
