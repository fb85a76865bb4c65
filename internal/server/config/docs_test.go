package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// A row of docs/configuration.md: key, environment name, default as TOML.
var row = regexp.MustCompile("(?m)^\\| `([a-z]+)\\.([a-z_]+)` \\| `(EKERMED_[A-Z_]+)` \\| `([^`]+)` \\|")

// docs/configuration.md must name every key, its environment name and its default, and
// no key that there is not.
func TestDocsNameEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{} // "section.key" to its default
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		told[m[1]+"."+m[2]] = m[4]
		if want := "EKERMED_" + strings.ToUpper(m[1]+"_"+m[2]); m[3] != want {
			t.Errorf("%s.%s is %s in the environment, not %s", m[1], m[2], want, m[3])
		}
	}
	defaults := reflect.ValueOf(Default())
	for i := range defaults.NumField() {
		section := defaults.Type().Field(i).Tag.Get("toml")
		if section == "-" {
			continue
		}
		for j := range defaults.Field(i).NumField() {
			key := defaults.Field(i).Type().Field(j).Tag.Get("toml")
			value, ok := told[section+"."+key]
			if !ok {
				t.Errorf("docs/configuration.md does not tell of %s.%s", section, key)
				continue
			}
			delete(told, section+"."+key)
			var c Config
			if _, err := toml.Decode("["+section+"]\n"+key+" = "+value, &c); err != nil {
				t.Errorf("%s.%s: the default `%s` is not TOML: %v", section, key, value, err)
			}
			got, want := reflect.ValueOf(c).Field(i).Field(j), defaults.Field(i).Field(j)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s.%s: the page says %s, the default is %v", section, key, value, want)
			}
		}
	}
	for name := range told {
		t.Errorf("docs/configuration.md tells of %s, which is no key", name)
	}
}
