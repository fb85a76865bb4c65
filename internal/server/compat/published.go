package compat

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Published is what the published tables (MDN browser-compat-data) say of what the page
// needs. make derive writes it.
type Published struct {
	// Source names the tables and their version; Date is their day (YYYY-MM-DD).
	Source   string               `json:"source"`
	Date     string               `json:"date"`
	Browsers map[string]Catalogue `json:"browsers"`
}

// Catalogue is one browser in the tables.
type Catalogue struct {
	Name string `json:"name"`
	// Newest is its newest release that the tables know.
	Newest   string            `json:"newest"`
	Features map[Feature]Since `json:"features"`
	// Blink maps its releases to the versions of the engine in them.
	Blink map[string]int `json:"blink,omitempty"`
}

// Since is from which release on a feature has all that it needs. Missing is what it never
// had; then Since is empty.
type Since struct {
	Since   string   `json:"since,omitempty"`
	Missing []string `json:"missing,omitempty"`
}

//go:embed published.json
var published []byte

// Tables answers the published tables that this program was built with.
func Tables() (Published, error) {
	var p Published
	d := json.NewDecoder(bytes.NewReader(published))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Published{}, fmt.Errorf("reading the published tables: %w", err)
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil || p.Source == "" {
		return Published{}, errors.New("the published tables have no source or date")
	}
	for name, c := range p.Browsers {
		for _, f := range Features() {
			s, ok := c.Features[f]
			if !ok || (s.Since == "") != (len(s.Missing) > 0) {
				return Published{}, fmt.Errorf("the published tables say nothing clear about %s in %s", f, name)
			}
		}
	}
	return p, nil
}

// with is the oldest release that has this version of the engine or a newer one; empty when
// there is none.
func (c Catalogue) with(engine int) string {
	oldest := ""
	for _, release := range slices.SortedFunc(maps.Keys(c.Blink), compare) {
		if c.Blink[release] >= engine {
			oldest = release
			break
		}
	}
	return oldest
}

// compare orders versions by their numbers.
func compare(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		if c := part(x, i) - part(y, i); c != 0 {
			return c
		}
	}
	return 0
}

func part(version []string, i int) int {
	if i >= len(version) {
		return 0
	}
	n, err := strconv.Atoi(version[i])
	if err != nil {
		return 0 // no version of a release
	}
	return n
}
