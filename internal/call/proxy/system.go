package proxy

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"path"
	"runtime"
	"strings"
	"sync"

	"github.com/mattn/go-ieproxy"
	"golang.org/x/net/http/httpproxy"
)

// System finds proxies as this machine is set to, now: settings may change while the
// program runs.
func System() func(target *url.URL) (*url.URL, error) {
	var mu sync.Mutex // the library keeps what it reads in one place
	read := func() ieproxy.ProxyConf {
		mu.Lock()
		defer mu.Unlock()
		return ieproxy.ReloadConf()
	}
	return func(target *url.URL) (*url.URL, error) {
		env := httpproxy.FromEnvironment()
		if env.HTTPSProxy != "" {
			proxy, err := env.ProxyFunc()(target)
			if err != nil || proxy != nil && strings.HasSuffix(proxy.Host, ":") { // what it makes of two schemes
				return nil, errors.New("HTTPS_PROXY is no address of a proxy, such as http://proxy.hospital.example:3128") // it may hold a password
			}
			return proxy, nil
		}
		if env.NoProxy != "" { // an exception is one, whatever set the proxy
			env.HTTPSProxy = "http://proxy.invalid"
			if proxy, err := env.ProxyFunc()(target); err == nil && proxy == nil {
				return nil, nil
			}
		}
		s := settings{conf: read()}
		s.script = s.conf.Automatic.FindProxyForURL
		return s.proxy(target)
	}
}

// settings are what a system says of proxies, read at one moment.
type settings struct {
	conf   ieproxy.ProxyConf
	script func(target string) string // what its script says of a URL
}

func (s settings) proxy(target *url.URL) (*url.URL, error) {
	if s.conf.Automatic.Active {
		asked := *target
		if runtime.GOOS == "darwin" {
			// The library understands macOS only when it tells of plain pages; scripts
			// seldom make a difference.
			asked.Scheme = "http"
		}
		if named := first(s.script(asked.String())); named != "" {
			return parse(named)
		}
	}
	if !s.conf.Static.Active || bypassed(s.conf.Static.NoProxy, target.Hostname()) {
		return nil, nil
	}
	named, ok := s.conf.Static.Protocols["https"]
	if !ok {
		named = s.conf.Static.Protocols[""]
	}
	if named = first(named); named == "" {
		return nil, nil
	}
	return parse(named)
}

// first is the first proxy of a list such as "a:8080; b:8080".
func first(list string) string {
	for _, named := range strings.FieldsFunc(list, func(r rune) bool { return r == ';' || r == ',' || r == ' ' || r == '\t' }) {
		return named
	}
	return ""
}

// parse reads a proxy as systems write it: an address, at times with http:// before it.
func parse(named string) (*url.URL, error) {
	if !strings.Contains(named, "://") {
		named = "http://" + named
	}
	u, err := url.Parse(named)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the proxy set there is no address, such as proxy.hospital.example:3128")
	}
	return u, nil
}

// bypassed tells whether a host is among the exceptions of a system's settings: names
// with stars, prefixes such as 10.0.0.0/8, and "<local>" for names without a dot.
func bypassed(exceptions, host string) bool {
	host = strings.ToLower(host)
	ip, err := netip.ParseAddr(host)
	isIP := err == nil
	for rule := range strings.FieldsFuncSeq(strings.ToLower(exceptions), func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		if _, after, ok := strings.Cut(rule, "://"); ok {
			rule = after
		}
		if name, _, err := net.SplitHostPort(rule); err == nil {
			rule = name
		}
		switch prefix, err := netip.ParsePrefix(rule); {
		case rule == "<local>":
			if !isIP && !strings.Contains(host, ".") {
				return true
			}
		case err == nil:
			if isIP && prefix.Contains(ip.Unmap()) {
				return true
			}
		case rule[0] == '.' && strings.HasSuffix(host, rule):
			return true
		default:
			if ok, err := path.Match(rule, host); ok && err == nil {
				return true
			}
		}
	}
	return false
}
