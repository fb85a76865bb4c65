package notice

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ekermed.example/ekermed/internal/server/config"
)

func configured() config.Config {
	c := config.Default()
	c.Server.URL = "https://visio.hospital.example"
	c.Practice.Name, c.Practice.Phone = "Hôpital <de Brest>", "02 98 00 00 00"
	c.Mail.SMTP = "smtp.hospital.example:25"
	c.Hosting = config.Hosting{Country: "FR", Hosts: []string{"smtp.hospital.example=DE"}, Operator: "Hébergeur SA", Certificate: "HDS 12345"}
	c.Room.Rekey, c.Retention.Appointments = config.Duration(30*time.Second), config.Duration(72*time.Hour)
	return c
}

func get(t *testing.T, c config.Config, path string) (string, http.Header) {
	t.Helper()
	h, err := Handler("s/", c)
	if err != nil {
		t.Fatal(err)
	}
	rw := httptest.NewRecorder()
	h.ServeHTTP(rw, httptest.NewRequest(http.MethodGet, path, nil))
	if rw.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, rw.Code, rw.Body)
	}
	return rw.Body.String(), rw.Header()
}

// The pages say what the configuration says, in both languages, and nothing else is let in.
func TestPages(t *testing.T) {
	c := configured()
	for path, want := range map[string][]string{
		"/privacy":              {"Vos données", "Hôpital &lt;de Brest&gt;", "Hébergeur SA", "HDS 12345", "3\u00a0jours", "12\u00a0mois", "smtp.hospital.example", "DE", `lang="fr"`},
		"/privacy?language=en":  {"Your data", "3\u00a0days", "12\u00a0months", `lang="en"`},
		"/security":             {"Niveau de chiffrement", "Chiffré de bout en bout", "Chiffré jusqu’au serveur", "30\u00a0s", "10\u00a0min", "À deux, ils vont directement"},
		"/security?language=en": {"Level of encryption", "Encrypted from end to end", "30\u00a0s"},
	} {
		body, head := get(t, c, path)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
		if missing := regexp.MustCompile(`notice\.[a-z_.]+|\{[a-z]+\}`).FindString(regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(body, "")); missing != "" {
			t.Errorf("%s: %q is no text", path, missing)
		}
		if policy := head.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
		if regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(body) {
			t.Errorf("%s links to somewhere else", path)
		}
	}
	// Every policy has its words.
	for _, route := range []string{config.RouteAuto, config.RouteDirect, config.RouteRelay, config.RouteServer} {
		c.Room.Route, c.Room.Sealing = route, config.SealingRequired
		body, _ := get(t, c, "/security")
		if strings.Contains(body, "security.way") || !strings.Contains(body, "n’accepte que le chiffrement de bout en bout") {
			t.Errorf("%s: not told", route)
		}
	}
	c.Journal.Recipients = []string{"a", "b", "c"}
	if body, _ := get(t, c, "/privacy"); !strings.Contains(body, "trois personnes seulement") {
		t.Error("the journal is not told")
	}
	if dir := os.Getenv("NOTICE_PAGES"); dir != "" { // for people to look at
		for _, name := range []string{"privacy", "security"} {
			body, _ := get(t, c, "/"+name)
			if err := os.WriteFile(dir+"/"+name+".html", []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
