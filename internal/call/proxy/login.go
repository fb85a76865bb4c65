package proxy

import (
	"encoding/base64"
	"net"
	"net/url"
	"sync"
)

// login is who we are to one proxy.
type login struct {
	user, password string
	// wanted: the proxy has asked for it, so that it is told at once.
	wanted bool
	// wrong: the proxy does not take it. It is not told again: directories lock the
	// accounts of those who insist.
	wrong bool
}

// basic is the value of Proxy-Authorization (RFC 7617 section 2), in UTF-8.
func (l *login) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(l.user+":"+l.password))
}

// logins are those that are known, by the whole proxy: what was given to an https one
// must not go in clear to an http one of the same name. People and keyrings know a proxy
// by its host alone. Only the two marks of a login change, under mu; a new one takes its
// place.
type logins struct {
	kept func(host string) (user, password string, ok bool)

	mu     sync.Mutex
	known  map[string]*login // by proxyID; nil: none, and the kept ones were asked
	asked  map[string]string // by host: the proxy that asked last, to which an answer goes
	early  map[string]*login // by host: typed before any proxy of the name had asked
	secure map[string]bool   // by host: there is an https proxy of the name
}

func newLogins(kept func(host string) (user, password string, ok bool)) logins {
	return logins{kept: kept, known: map[string]*login{}, asked: map[string]string{}, early: map[string]*login{}, secure: map[string]bool{}}
}

// proxyID is a proxy with everything that makes it another one.
func proxyID(proxy *url.URL) string {
	return proxy.Scheme + "://" + net.JoinHostPort(hostID(proxy.Hostname()), portOf(proxy))
}

// set takes the place of what was known before.
func (s *logins) set(host, user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &login{user: user, password: password, wanted: true}
	if id, ok := s.asked[host]; ok {
		s.known[id] = l
	} else {
		s.early[host] = l
	}
}

// atOnce is a login that the proxy is known to want, nil for none.
func (s *logins) atOnce(proxy *url.URL) *login {
	id, host := proxyID(proxy), hostID(proxy.Hostname())
	s.mu.Lock()
	defer s.mu.Unlock()
	if proxy.Scheme == "https" {
		s.secure[host] = true
	}
	if l, ok := s.early[host]; ok { // whoever is met first was meant
		delete(s.early, host)
		s.known[id], s.asked[host] = l, id
	}
	if l := s.known[id]; l != nil && l.wanted && !l.wrong {
		return l
	}
	return nil
}

// answer is a login for a proxy that has just asked for one, nil for none; wrong tells
// that there is one, which the proxy did not take. What was typed comes before what the
// settings name, and that before what was kept.
func (s *logins) answer(proxy *url.URL) (l *login, wrong bool) {
	id, host := proxyID(proxy), hostID(proxy.Hostname())
	s.mu.Lock()
	l, asked := s.known[id]
	// What is kept for the name may be what was given to its https proxy.
	inClear := proxy.Scheme != "https" && s.secure[host]
	s.mu.Unlock()
	if !asked {
		l = s.find(host, proxy.User, inClear) // not under mu: a keyring may have to ask
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[host] = id
	if newer, ok := s.known[id]; ok {
		l = newer
	}
	s.known[id] = l
	if l == nil || l.wrong {
		return nil, l != nil
	}
	l.wanted = true
	return l, false
}

func (s *logins) find(host string, set *url.Userinfo, setOnly bool) *login {
	if set != nil && set.Username() != "" {
		password, _ := set.Password()
		return &login{user: set.Username(), password: password}
	}
	if s.kept == nil || setOnly {
		return nil
	}
	user, password, ok := s.kept(host)
	if !ok {
		return nil
	}
	return &login{user: user, password: password}
}

// refuse notes that a proxy did not take a login.
func (s *logins) refuse(l *login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.wrong = true
}
