package proxy

import (
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/mattn/go-ieproxy"
)

func TestEnvironment(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		host string
		want string // empty: direct; "error"
	}{
		"set":             {map[string]string{"HTTPS_PROXY": "http://proxy.test:3128"}, "visio.test", "http://proxy.test:3128"},
		"small letters":   {map[string]string{"https_proxy": "proxy.test:3128"}, "visio.test", "http://proxy.test:3128"},
		"secure":          {map[string]string{"HTTPS_PROXY": "https://proxy.test"}, "visio.test", "https://proxy.test"},
		"with a login":    {map[string]string{"HTTPS_PROXY": "http://anne:pw@proxy.test:3128"}, "visio.test", "http://anne:pw@proxy.test:3128"},
		"an exception":    {map[string]string{"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "other.test,.hospital.test"}, "visio.hospital.test", ""},
		"another one":     {map[string]string{"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "other.test"}, "visio.hospital.test", "http://proxy.test"},
		"a prefix":        {map[string]string{"HTTPS_PROXY": "http://proxy.test", "no_proxy": "10.0.0.0/8"}, "10.1.2.3", ""},
		"everything":      {map[string]string{"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "*"}, "visio.test", ""},
		"plain only":      {map[string]string{"HTTP_PROXY": "http://proxy.test"}, "visio.test", ""},
		"nothing":         {nil, "visio.test", ""},
		"only exceptions": {map[string]string{"NO_PROXY": "*"}, "visio.test", ""},
		"no address":      {map[string]string{"HTTPS_PROXY": "http://anne:secret@[proxy"}, "visio.test", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"} {
				t.Setenv(key, "")
				t.Setenv(strings.ToLower(key), "")
			}
			for key, value := range tt.env {
				t.Setenv(key, value)
			}
			if runtime.GOOS != "linux" && tt.want == "" && tt.env["HTTPS_PROXY"] == "" {
				t.Skip("depends on this machine's settings")
			}
			got, err := System()(&url.URL{Scheme: "https", Host: tt.host + ":443", Path: "/"})
			switch {
			case tt.want == "error":
				if err == nil || strings.Contains(err.Error(), "secret") {
					t.Errorf("%v %v", got, err)
				}
			case err != nil:
				t.Error(err)
			case got == nil && tt.want != "", got != nil && got.String() != tt.want:
				t.Errorf("%v, want %q", got, tt.want)
			}
		})
	}
}

// What Windows and macOS say, as the library hands it over.
func TestSettings(t *testing.T) {
	static := func(protocols map[string]string, exceptions string) ieproxy.ProxyConf {
		return ieproxy.ProxyConf{Static: ieproxy.StaticProxyConf{Active: true, Protocols: protocols, NoProxy: exceptions}}
	}
	script := ieproxy.ProxyConf{Automatic: ieproxy.ProxyScriptConf{Active: true, PreConfiguredURL: "http://wpad.test/wpad.dat"}}
	both := static(map[string]string{"": "static.test:1"}, "")
	both.Automatic = script.Automatic
	for name, tt := range map[string]struct {
		conf   ieproxy.ProxyConf
		script string
		want   string
	}{
		"nothing":              {ieproxy.ProxyConf{}, "", ""},
		"one for all":          {static(map[string]string{"": "proxy.test:8080"}, ""), "", "http://proxy.test:8080"},
		"one a protocol":       {static(map[string]string{"http": "a.test:1", "https": "b.test:2"}, ""), "", "http://b.test:2"},
		"not for secure pages": {static(map[string]string{"http": "a.test:1", "socks": "c.test:3"}, ""), "", ""},
		"with a scheme":        {static(map[string]string{"": "http://proxy.test:8080"}, ""), "", "http://proxy.test:8080"},
		"an exception":         {static(map[string]string{"": "proxy.test:8080"}, "<local>,*.hospital.test"), "", ""},
		"switched off":         {ieproxy.ProxyConf{Static: ieproxy.StaticProxyConf{Protocols: map[string]string{"": "proxy.test:8080"}}}, "", ""},
		"a script":             {script, "proxy.test:8080", "http://proxy.test:8080"},
		"a script's list":      {script, "proxy.test:8080;other.test:1", "http://proxy.test:8080"},
		"a script says direct": {script, "", ""},
		"script, then fixed":   {both, "", "http://static.test:1"},
		"script before fixed":  {both, "proxy.test:8080", "http://proxy.test:8080"},
		"no address":           {static(map[string]string{"": "http://[proxy"}, ""), "", "error"},
	} {
		s := settings{conf: tt.conf, script: func(target string) string {
			if !strings.HasSuffix(target, "://visio.hospital.test:443/") {
				t.Errorf("%s: asked for %s", name, target)
			}
			return tt.script
		}}
		got, err := s.proxy(&url.URL{Scheme: "https", Host: "visio.hospital.test:443", Path: "/"})
		switch {
		case tt.want == "error":
			if err == nil {
				t.Errorf("%s: %v", name, got)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case got == nil && tt.want != "", got != nil && got.String() != tt.want:
			t.Errorf("%s: %v, want %q", name, got, tt.want)
		}
	}
}

func TestBypassed(t *testing.T) {
	for _, tt := range []struct {
		exceptions, host string
		want             bool
	}{
		{"", "visio.test", false}, {"visio.test", "VISIO.test", true}, {"visio.test", "a.visio.test", false}, {"*.test", "a.b.test", true},
		{"*.test", "test", false}, {".test", "a.test", true}, {"10.*", "10.1.2.3", true}, {"10.*", "110.1.2.3", false}, {"10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "ten.test", false}, {"<local>", "intranet", true}, {"<local>", "visio.test", false}, {"<local>", "::1", false},
		{"a.test, b.test;c.test", "c.test", true}, {"https://visio.test", "visio.test", true}, {"visio.test:443", "visio.test", true},
		{"*", "visio.test", true}, {"[", "[", false}, {"169.254/16", "169.254.1.1", false},
	} {
		if got := bypassed(tt.exceptions, tt.host); got != tt.want {
			t.Errorf("%q for %q: %v", tt.exceptions, tt.host, got)
		}
	}
}
