package arch

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Each promise of docs/evidence/evidence.tsv names tests that exist, and each threat has
// a line, or stands here with the reason why not.
func TestEvidence(t *testing.T) {
	later := map[string]string{
		"T20": "make fuzz runs every target; there is no one test",
		"T26": "installers come later",
	}
	f, err := os.Open("../../docs/evidence/evidence.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 4 || fields[3] == "" {
			t.Errorf("%q: four fields", lines.Text())
			continue
		}
		seen[fields[0]] = true
		files, err := filepath.Glob("../../" + fields[1] + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
		}
		for _, test := range strings.Fields(fields[2]) {
			if !regexp.MustCompile(`(?m)^func ` + test + `\(t \*testing\.T\)`).MatchString(text.String()) {
				t.Errorf("%s: there is no %s in %s", fields[0], test, fields[1])
			}
		}
	}
	for n := range 28 {
		threat := fmt.Sprintf("T%d", n+1)
		if !seen[threat] && later[threat] == "" {
			t.Errorf("nothing answers %s", threat)
		}
	}
}

// No dependency is older than the version that closed a known hole (threat 28).
func TestFloors(t *testing.T) {
	floors := map[string][3]int{
		"github.com/pion/dtls/v3":      {3, 1, 1},
		"github.com/pion/interceptor":  {0, 1, 39},
		"golang.org/x/crypto":          {0, 45, 0},
		"golang.org/x/net":             {0, 45, 0},
		"github.com/gorilla/websocket": {1, 5, 1},
	}
	b, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for path, floor := range floors {
		found := regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(path) + ` v(\d+)\.(\d+)\.(\d+)`).FindStringSubmatch(string(b))
		if found == nil {
			t.Errorf("%s is not required any more: take its floor away", path)
			continue
		}
		var version [3]int
		for i := range version {
			version[i], _ = strconv.Atoi(found[i+1]) // the expression takes digits alone
		}
		if slices.Compare(version[:], floor[:]) < 0 {
			t.Errorf("%s %v is older than %v", path, version, floor)
		}
	}
}
